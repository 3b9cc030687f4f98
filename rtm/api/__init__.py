"""The REST interface of the gateway's objects."""
