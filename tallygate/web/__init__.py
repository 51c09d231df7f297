"""The Django site that mounts the APIs and the portal."""
