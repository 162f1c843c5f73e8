"""From YAML text to `Case`: everything wrong with a file is found here, with its place."""
