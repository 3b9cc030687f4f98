"""Apple Business Chat: business accounts that Apple links to this platform."""
