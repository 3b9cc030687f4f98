"""Our own ranges, in PostgreSQL."""
