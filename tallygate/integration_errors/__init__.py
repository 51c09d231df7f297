"""What callers of the Service Management API did wrong, kept for the provider to see."""
