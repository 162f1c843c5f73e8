"""The database: engine, tables, schema versions, time limits."""
