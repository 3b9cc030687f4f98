"""The forms of the numbers pages."""
