"""The Overview pages: of a product, and of all that a user may see of their organisation."""
