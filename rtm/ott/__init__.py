"""Messages through providers of apps: intake, sending, and what providers tell."""
