"""What `kills` and `outage` are made of: a service to be killed, tests that log themselves."""
