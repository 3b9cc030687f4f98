"""What stops a start: each error is one sentence that says what to do."""


class StartError(Exception):
    """Something outside the platform keeps it from starting; the text is for the operator."""
