"""The gateway's protocol without I/O: bytes and facts in, facts out."""
