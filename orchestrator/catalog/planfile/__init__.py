"""Plans from a YAML file: read, matched with the catalogue, saved as they differ."""
