"""Texts over SMPP 3.4 to an operator's message centre, by ``manage.py smpp``."""
