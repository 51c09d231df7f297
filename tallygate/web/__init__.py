"""The Django site that mounts the Analytics API and the Admin Portal."""
