"""The versions of the schema, oldest first; `orchestrator.db.schema` runs them."""
