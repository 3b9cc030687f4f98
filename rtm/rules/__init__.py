"""Carrying out the rules of services."""
