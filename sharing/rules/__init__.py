"""Rules of services: an event, conditions, and an action."""
