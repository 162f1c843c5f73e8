"""What requests look like: one pydantic model per endpoint, from which OpenAPI can be made."""
