"""Test mode: a real listener whose clock can be set, which can be emptied, and asked what it has counted.

For test suites that drive a server over HTTP. Nothing else imports this room, so that nothing of it is loaded in production.
"""
