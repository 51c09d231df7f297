"""What an organisation keeps beside its numbers: moments marked on the time line, and views under a name."""
