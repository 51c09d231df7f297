"""API analytics and exact rate limits that speak 3scale's wire protocols."""

__version__ = "0.1.0"
