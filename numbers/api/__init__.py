"""The REST interface of numbers."""
