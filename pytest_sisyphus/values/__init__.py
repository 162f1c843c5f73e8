"""Plain values: numbers with all their digits, JSON, bytes, records. Knows nothing of cases."""
