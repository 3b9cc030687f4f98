"""Ask the platform, from outside, whether it is ready."""

import http.client
import json
from typing import Any

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on


def missing_parts(host: str, port: int, allowed_host: str) -> list[str] | None:
    """Return what ``/readyz`` says is missing, or ``None`` without an answer."""
    connection = http.client.HTTPConnection(_ANYWHERE.get(host, host), port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": allowed_host})
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if response.status == http.client.OK:
        return []
    return _names(body) or [f"an answer other than {response.status}"]


def _names(body: bytes) -> list[str]:
    try:
        answer: dict[str, Any] = json.loads(body)
    except ValueError:
        return []
    parts = answer.get("parts", {})
    return [name for name, part in parts.items() if not part.get("ready")]


def host_header(allowed_hosts: list[str]) -> str:
    """Return a host name that the platform answers to."""
    first = allowed_hosts[0].lstrip(".") if allowed_hosts else ""
    return first if first and first != "*" else "127.0.0.1"
