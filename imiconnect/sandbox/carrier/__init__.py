"""A mobile operator in miniature: its HTTP API, its signed webhooks, and the handsets."""
