"""From YAML text to `Case`; whatever is wrong with a file is found here, with its location."""
