"""Checking OAuth 1.0a by hand, as the page "Creating a signature" says."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from django.conf import settings
from django.http import HttpRequest

from imiconnect.sandbox.twitter.twin import CONSUMER_KEY, CONSUMER_SECRET

_PART = re.compile(r'(\w+)="([^"]*)"')


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")


@dataclass(frozen=True)
class Signed:
    """The parameters of the Authorization header of a request that is signed right."""

    oauth: dict[str, str]

    @property
    def token(self) -> str:
        """The token that it names."""
        return self.oauth.get("oauth_token", "")


def token_of(request: HttpRequest) -> str:
    """Return the token that a header names, before anything is checked."""
    return _oauth(request).get("oauth_token", "")


def check(request: HttpRequest, token_secret: str = "") -> Signed | None:
    """Return what a request carries, or None when its signature is wrong."""
    oauth = _oauth(request)
    given = oauth.pop("oauth_signature", "")
    if oauth.get("oauth_consumer_key") != CONSUMER_KEY:
        return None
    pairs = [*oauth.items(), *parse_qsl(request.META.get("QUERY_STRING", ""))]
    if request.content_type == "application/x-www-form-urlencoded":
        pairs += parse_qsl(request.body.decode())
    listed = sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in listed)
    url = settings.PUBLIC_URL + request.path
    base = "&".join([request.method or "", _encoded(url), _encoded(joined)])
    key = f"{_encoded(CONSUMER_SECRET)}&{_encoded(token_secret)}"
    mac = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    right = hmac.compare_digest(base64.b64encode(mac), given.encode())
    return Signed(oauth) if right else None


def _oauth(request: HttpRequest) -> dict[str, str]:
    header = request.headers.get("Authorization", "")
    if not header.startswith("OAuth "):
        return {}
    return {name: unquote(value) for name, value in _PART.findall(header)}
