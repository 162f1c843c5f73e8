"""JSONPath (RFC 9535), with the spellings of older case files; jsonpath-ng evaluates it."""
