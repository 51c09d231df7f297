"""The HTTP APIs for programs."""
