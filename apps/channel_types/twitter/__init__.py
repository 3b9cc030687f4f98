"""Twitter (X) accounts and their direct messages."""
