"""Reports that arrive: who wants them, when they are due, what is in them, and what became of each."""
