"""Doubles of the providers, for trying out and for tests; nothing leaves this machine.

Each twin is a folder here that shares no code with the client it stands opposite: it checks
signatures, tokens and encryption as its provider does, calls back over HTTP, misbehaves on
demand, and has a page where a person plays the customer.
"""
