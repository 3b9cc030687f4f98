"""Light, dark, or as the system is: a cookie, since the browser has it, not the person."""

from django.http import HttpRequest

COOKIE = "theme"
LIGHT, DARK, AUTO = "light", "dark", "auto"
CHOICES = (LIGHT, DARK, AUTO)
ONE_YEAR = 365 * 24 * 3600  # seconds


def chosen(request: HttpRequest) -> str:
    """Return ``light``, ``dark`` or ``auto``."""
    value = request.COOKIES.get(COOKIE, AUTO)
    return value if value in CHOICES else AUTO
