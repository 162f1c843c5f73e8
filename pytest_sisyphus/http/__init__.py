"""HTTP: requests sent and responses read over pooled connections; failures become our errors."""
