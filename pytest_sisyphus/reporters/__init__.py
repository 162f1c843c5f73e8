"""Documents → reports: a module for each format, which reads nothing but documents."""
