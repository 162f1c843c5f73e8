"""Authentication: login tokens, execution tokens, JWT, Redis, one-time links, and a throttle."""
