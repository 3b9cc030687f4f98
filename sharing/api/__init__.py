"""The REST interface of services."""
