"""The one HTTP client for URLs given by customers."""

from django.conf import settings


def allows_plain_http() -> bool:
    """Tell whether a callback may go to an ``http:`` URL: only where private hosts may."""
    return bool(settings.ALLOW_PRIVATE_CALLBACKS)
