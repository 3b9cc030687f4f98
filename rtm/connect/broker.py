"""The broker as the gateway reaches it."""

import ssl
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import unquote, urlsplit

from django.conf import settings

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Broker:
    """Address and credentials from ``RTM_BROKER_URL``."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    #: NATS makes a consumer of each subscription above QoS 0 and so collapses under many.
    is_nats: bool = False

    @property
    def max_qos(self) -> int:
        """The highest QoS that a device is granted for what it reads."""
        return 0 if self.is_nats else 2


@cache
def parse(url: str, kind: str) -> Broker:
    """Return the broker of a URL ``mqtt(s)://user:password@host:port``."""
    parts = urlsplit(url)
    return Broker(
        host=parts.hostname or "localhost",
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=ssl.create_default_context() if parts.scheme == "mqtts" else None,
        is_nats=kind == "nats",
    )


def broker() -> Broker:
    """Return the broker of the settings."""
    return parse(settings.RTM_BROKER_URL, settings.RTM_BROKER_KIND)
