"""What the service does. No Starlette, no HTTP status, no JSON here."""
