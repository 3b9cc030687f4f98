"""Users prove a user ID by a one-time PIN."""
