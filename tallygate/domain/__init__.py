"""Pure rules: data in, data out. Nothing here opens a file, a socket or Django."""
