"""HTTP endpoints: paths, authentication, bodies, and how rows become JSON."""
