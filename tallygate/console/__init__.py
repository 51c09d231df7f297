"""The Admin Portal: pages, templates, charts."""
