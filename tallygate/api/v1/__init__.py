"""The Analytics API under `/analytics/v1`: questions about many things at once, as JSON and as tables."""
