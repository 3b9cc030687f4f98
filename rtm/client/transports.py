"""Where a device connects: what the policy allows, in its order."""

from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

Transport = Literal["policy", "websocket", "tcp"]
_PORTS = {"ws": 80, "wss": 443}
_NAMES = {"websocket": "websocket", "tcp": "mqtt"}


class Address(NamedTuple):
    """One place to connect to."""

    host: str
    port: int
    secure: bool
    #: None for MQTT over TCP.
    path: str | None = None


def addresses(
    broker: dict[str, str], policy: dict[str, Any], transport: Transport
) -> list[Address]:
    """Return where to connect, best first; ``transport`` may narrow what the policy allows.

    A transport with a ``port`` is to be used over TLS only: at that port, and for WebSocket
    at the web port too, where that has TLS.
    """
    allowed = policy.get("transports") or [{"name": "websocket"}]
    if transport != "policy":
        name = _NAMES[transport]
        allowed = [{"name": name, **_secured(allowed, name)}]
    found: list[Address] = []
    for each in allowed:
        make = _by_websocket if each.get("name") == "websocket" else _by_tcp
        found += [address for address in make(broker, each.get("port")) if address not in found]
    return found


def _secured(allowed: list[dict[str, Any]], name: str) -> dict[str, int]:
    """Return the secured port of a transport where the policy asks for secured ones."""
    if not any("port" in each for each in allowed):
        return {}
    known = {each["name"]: each["port"] for each in allowed if "port" in each}
    return {"port": known.get(name, {"mqtt": 8883, "websocket": 8884}[name])}


def _by_websocket(broker: dict[str, str], port: int | None) -> list[Address]:
    parts = urlsplit(broker["url"])
    host, path = parts.hostname or "", parts.path or "/"
    web = Address(host, parts.port or _PORTS[parts.scheme], parts.scheme == "wss", path)
    if port is None:
        return [web]
    return [Address(host, int(port), True, path), *([web] if web.secure else [])]


def _by_tcp(broker: dict[str, str], port: int | None) -> list[Address]:
    host = broker.get("mqttHost") or broker.get("ip", "")
    if "mqtts" in broker or port is not None:
        return [Address(host, int(broker.get("mqtts") or port or 0), True)]
    return [Address(host, int(broker["mqtt"]), False)] if "mqtt" in broker else []
