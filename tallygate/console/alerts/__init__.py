"""Alerts: brought from the ledger into the catalog, and shown on pages."""
