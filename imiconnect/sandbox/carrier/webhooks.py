"""The operator's webhooks: signed, repeated when they fail, never in a request's way.

``X-Carrier-Signature`` is the hex HMAC-SHA256, under the account's key, of the timestamp, a
dot and the body. An operator loses what it cannot deliver; so does this one, after a minute.
"""

import hashlib
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from django.conf import settings
from django.db import connection

from imiconnect.sandbox.carrier.twin import key

log = logging.getLogger(__name__)
#: Seconds between the tries.
_PAUSES = (1.0, 5.0, 20.0, 30.0)


#: What is due is done by a few threads: an operator does not call a hundred times at once.
_AT_ONCE = 4
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sandbox-carrier")
#: Kept, since making one reads all certificates; idle for less long than servers allow.
_client = httpx.Client(timeout=15, limits=httpx.Limits(keepalive_expiry=2))


def later(pause: float, act: Callable[[], None]) -> None:
    """Do something after so many seconds, beside the request."""

    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    timer = threading.Timer(pause, lambda: _threads.submit(run))
    timer.daemon = True
    timer.start()


def tell(
    said: dict[str, Any], pause: float = 0, heard: Callable[[Any], None] | None = None
) -> None:
    """Call the platform's webhook; ``heard`` gets the answer, None when there is none."""
    body = json.dumps(said).encode()
    later(pause, lambda: _tell(body, heard, 0))


def _tell(body: bytes, heard: Callable[[Any], None] | None, tries: int) -> None:
    answer = _posted(body)
    if heard is not None:
        heard(answer)
    elif answer is None and tries < len(_PAUSES):
        later(_PAUSES[tries], lambda: _tell(body, None, tries + 1))
    elif answer is None:
        log.warning("The platform did not take a webhook: %s", body[:60])


def _posted(body: bytes) -> Any:
    """Post once; return the answer's JSON, ``{}`` for none, None when it was not taken."""
    stamp = str(int(time.time()))
    signed = f"{stamp}.".encode() + body
    headers = {
        "Content-Type": "application/json",
        "X-Carrier-Timestamp": stamp,
        "X-Carrier-Signature": hmac.new(key().encode(), signed, hashlib.sha256).hexdigest(),
    }
    url = f"{settings.PUBLIC_URL}/carriers/sandbox/events"
    try:
        answer = _client.post(url, content=body, headers=headers)
        if answer.status_code != 200:
            return None
        return answer.json() if answer.content else {}
    except (httpx.HTTPError, ValueError):
        return None
