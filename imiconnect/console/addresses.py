"""Addresses of many rows: what ``reverse`` finds out for each is found out once."""

import uuid
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse

_ANY = uuid.UUID(int=0)


def address_of(url_name: str, key: uuid.UUID) -> str:
    """Return ``reverse(url_name, args=[key])`` of an address with one id in it.

    Raises ``NoReverseMatch`` as ``reverse`` does. An id has nothing that must be quoted.
    """
    urls = get_urlconf() or settings.ROOT_URLCONF
    return _pattern(url_name, get_script_prefix(), urls).replace(str(_ANY), str(key), 1)


def addresses_of(url_name: str) -> Callable[[uuid.UUID], str]:
    """Return ``address_of`` for the rows of a page, which is then looked up once."""
    start, end = address_of(url_name, _ANY).split(str(_ANY), 1)
    return lambda key: f"{start}{key}{end}"


def address(url_name: str, *args: str) -> str:
    """Return ``reverse(url_name, args=args)``, found out once; for the few words of a menu.

    Raises ``NoReverseMatch`` as ``reverse`` does.
    """
    urls = get_urlconf() or settings.ROOT_URLCONF
    return _found(url_name, args, get_script_prefix(), urls)


def query_of(request: HttpRequest, **changes: object) -> str:
    """Return the page's query string with some values changed; None or '' removes one."""
    values = request.GET.copy()
    for name, value in changes.items():
        values.pop(name, None)
        if value not in (None, ""):
            values[name] = str(value)
    return f"?{values.urlencode()}" if values else "?"


@lru_cache(maxsize=1024)
def _found(url_name: str, args: tuple[str, ...], prefix: str, urls: object) -> str:
    return reverse(url_name, args=args)


@lru_cache(maxsize=256)
def _pattern(url_name: str, prefix: str, urls: object) -> str:
    return reverse(url_name, args=[_ANY])
