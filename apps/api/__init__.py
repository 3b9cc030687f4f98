"""The REST interface of apps."""
