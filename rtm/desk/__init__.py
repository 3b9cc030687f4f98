"""The desk on which agents answer customers: which conversations they see, and what they do."""
