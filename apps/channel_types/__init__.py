"""One folder per channel; see ``base.py``."""
