"""The OpenAPI documents of the HTTP APIs: generated from tables where there is one, else written by hand."""
