"""Customers of a provider's app link themselves with their master profile."""
