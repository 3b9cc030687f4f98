"""Thin clients of the push services: one call each, no decision about retries."""
