"""The service that starts executions and follows them: Starlette routes over an SQL store."""
