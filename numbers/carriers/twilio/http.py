"""The library's HTTP client with a base URL of our choice, a time limit and no retries."""

from typing import Any
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

#: Seconds; an order tries again by itself, so nothing waits longer.
TIMEOUT = 10.0


class BaseUrlClient(TwilioHttpClient):
    """Sends what is meant for api.twilio.com to ``base_url``, path and all."""

    def __init__(self, base_url: str) -> None:
        """Keep the address; an empty one is Twilio's own."""
        super().__init__(timeout=TIMEOUT)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request; no redirect is followed."""
        if self._base_url:
            parts = urlsplit(uri)
            uri = f"{self._base_url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
        return super().request(method, uri, *args, **{**kwargs, "timeout": TIMEOUT})
