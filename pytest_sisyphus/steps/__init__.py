"""The step types, one module each. A step type acts; checks evaluate what it returns."""
