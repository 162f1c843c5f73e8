"""The kinds of step, one module each. A step does; it judges nothing."""
