"""How devices reach the broker: the one decision, and the ways that ask for it."""
