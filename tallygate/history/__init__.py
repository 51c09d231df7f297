"""ClickHouse tables, the historian that fills them, and the one query function."""
