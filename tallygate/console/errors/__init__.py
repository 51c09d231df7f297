"""The Integration Errors pages: what callers of the Service Management API did wrong."""
