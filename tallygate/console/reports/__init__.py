"""Pages of reports: who gets which, what became of them, and the mail server."""
