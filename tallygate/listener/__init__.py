"""The Service Management API: parse, decide, answer."""
