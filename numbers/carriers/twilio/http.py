"""The library's HTTP client with a base URL of our choice, a time limit and no retries."""

import json
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from imiconnect.numbers.carriers.base import Account, CarrierMisconfigured

#: Seconds; an order tries again by itself, so nothing waits longer.
TIMEOUT = 10.0


class BaseUrlClient(TwilioHttpClient):
    """Sends what is meant for api.twilio.com to ``base_url``, path and all."""

    def __init__(self, base_url: str, timeout: float = TIMEOUT) -> None:
        """Keep the address; an empty one is Twilio's own."""
        super().__init__(timeout=timeout)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request; no redirect is followed."""
        if self._base_url:
            parts = urlsplit(uri)
            uri = f"{self._base_url}{parts.path}{f'?{parts.query}' if parts.query else ''}"
        return super().request(method, uri, *args, **{**kwargs, "timeout": self.timeout})


def client_of(account: Account, timeout: float = TIMEOUT) -> Client:
    """Return the library's client for an account.

    Raises ``CarrierMisconfigured`` where SID or token is missing.
    """
    if not account.account or not account.secret.strip():
        raise CarrierMisconfigured("no account")
    http = BaseUrlClient(account.base_url, timeout)
    token = account.secret.split()[0]
    return Client(account.account, token, http_client=http)


def told(error: BaseException | None) -> tuple[int, int]:
    """Return HTTP status and Twilio's code of an error, 0 for what it does not tell.

    A list that fails raises a ``TwilioException`` with the response as second argument.
    """
    if isinstance(error, TwilioRestException):
        return error.status, error.code or 0
    if not isinstance(error, TwilioException) or len(error.args) < 2:
        return 0, 0
    response = error.args[1]
    try:
        code = int(json.loads(response.text).get("code") or 0)
    except (AttributeError, TypeError, ValueError):
        code = 0
    return int(getattr(response, "status_code", 0)), code
