"""YAML API cases as pytest items, and the link to an orchestrator."""
