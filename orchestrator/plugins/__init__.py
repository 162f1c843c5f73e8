"""Finding plugins, and the extensions that they bring by the hooks."""
