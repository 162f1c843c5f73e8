"""How the service was asked to run, what of that is secret, and where it logs to."""
