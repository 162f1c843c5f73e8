"""What users may add to the dialect - step types, checks, extractors, functions, auth types - and
the errors for an extension that raises or breaks its contract."""
