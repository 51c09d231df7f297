"""The analytics pages of the Admin Portal."""
