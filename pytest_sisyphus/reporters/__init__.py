"""Documents → reports: each format is one small last step, and knows nothing but documents."""
