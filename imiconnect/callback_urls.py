"""The shape of URLs that customers give us to call."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.outbound import allows_plain_http, is_callable

URL_LENGTH = 500


def checked_url(url: str, *, field: str) -> str:
    """Return a callback URL of the right shape, or raise the sentence for ``field``."""
    url = url.strip()
    if not url:
        return ""
    if len(url) > URL_LENGTH:
        raise ValidationError({field: [_("URL must be 500 characters or fewer.")]})
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or not url.isprintable() or " " in url:
        raise ValidationError({field: [_("Enter a whole URL, like https://example.com/dr.")]})
    if parts.username is not None:
        raise ValidationError({field: [_("URL must not contain a user name or password.")]})
    schemes = {"https", "http"} if allows_plain_http() else {"https"}
    if parts.scheme.lower() not in schemes:
        raise ValidationError({field: [_("URL must start with https://.")]})
    if not is_callable(url):
        raise ValidationError({field: [_("Correct the name or the port of the server.")]})
    return url
