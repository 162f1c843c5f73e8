"""How a run was asked for: the options, where they are declared, and how they are read."""
