"""HTTP between the platform and its doubles, carried by Django's test client."""

from typing import Any

import httpx
import pytest
from django.test import Client

from imiconnect.apps.channel_types import http

SITE = "http://testserver"


def carry(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Let clients reach the twins, and the twins the platform's webhooks."""
    settings.SANDBOX = True
    settings.PUBLIC_URL = SITE
    browser = Client()

    def handle(request: httpx.Request) -> httpx.Response:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        answer = browser.generic(
            request.method,
            request.url.raw_path.decode(),
            request.content,
            content_type=headers.get("content-type", ""),
            headers=headers,
        )
        found = {"content-type": answer.headers.get("Content-Type", "")}
        for name in ("Retry-After", "x-rate-limit-reset"):
            if name in answer.headers:
                found[name] = answer.headers[name]
        return httpx.Response(answer.status_code, content=answer.content, headers=found)

    own = httpx.Client(transport=httpx.MockTransport(handle))
    monkeypatch.setattr(http, "shared_client", lambda: own)
    monkeypatch.setattr(httpx, "get", own.get)
    monkeypatch.setattr(httpx, "post", own.post)
