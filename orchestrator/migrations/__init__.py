"""The versions of the schema, oldest first; `orchestrator.schema` runs them."""
