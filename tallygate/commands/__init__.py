"""What the commands do, for `tallygate.cli` to call."""
