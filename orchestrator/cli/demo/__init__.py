"""The main job in one go: a shop to test, cases, the service, a plan, its runs by pytest."""
