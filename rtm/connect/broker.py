"""The broker as the gateway reaches it."""

import socket
import ssl
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings

from imiconnect.urls_of_engines import Nodes, nodes


@dataclass(frozen=True)
class Broker:
    """Addresses and credentials from ``RTM_BROKER_URL``."""

    nodes: Nodes = field(repr=False)
    tls: ssl.SSLContext | None = None
    #: NATS makes a consumer of each subscription above QoS 0 and so collapses under many.
    is_nats: bool = False

    @property
    def username(self) -> str:
        """Whom the broker knows the gateway as."""
        return self.nodes.username

    @property
    def password(self) -> str:
        """The secret of that name."""
        return self.nodes.password

    @property
    def max_qos(self) -> int:
        """The highest QoS that a device is granted for what it reads."""
        return 0 if self.is_nats else 2

    def open(self, seconds: float) -> socket.socket:
        """Connect to a node that answers within ``seconds``, over TLS where it is asked for.

        Raises ``OSError`` when none does, of the last one that was tried.
        """
        failure = OSError("no node is named")
        for host, port in self.nodes.in_any_order():
            try:
                return self._open(host, port, seconds)
            except OSError as error:
                failure = error
        raise failure

    def _open(self, host: str, port: int, seconds: float) -> socket.socket:
        plain = socket.create_connection((host, port), seconds)
        if self.tls is None:
            return plain
        try:
            return self.tls.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


@cache
def parse(url: str, kind: str) -> Broker:
    """Return the broker of a URL ``mqtt(s)://user:password@host:port,host:port``."""
    named = nodes(url)
    return Broker(
        nodes=named,
        tls=ssl.create_default_context() if named.scheme == "mqtts" else None,
        is_nats=kind == "nats",
    )


def broker() -> Broker:
    """Return the broker of the settings."""
    return parse(settings.RTM_BROKER_URL, settings.RTM_BROKER_KIND)
