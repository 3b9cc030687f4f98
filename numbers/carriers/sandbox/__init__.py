"""The carrier of the sandbox: texts and calls that reach nobody but the page of its twin."""
