"""The gateway's long-lived connection to the MQTT broker: one per process, for publishing.

On NATS downlink is QoS 0, elsewhere QoS 1 with every acknowledgement awaited (DESIGN.md,
section 3). Each publish says whether it went out; the end-to-end receipt alone proves more.
"""

import logging
import os
import ssl
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

log = logging.getLogger(__name__)

CONNECT_SECONDS = 3.0
ACK_SECONDS = 10.0
KEEPALIVE_SECONDS = 20
#: Publishes of QoS 1 that may be unacknowledged at a time.
IN_FLIGHT = 1000


def new_client(role: str, *, clean: bool = True, client_id: str = "", **options: Any) -> Client:
    """Return a client for ``RTM_BROKER_URL``, not connected; ``role`` is for operators."""
    parts = urlsplit(settings.RTM_BROKER_URL)
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id or f"gateway-{role}-{uuid.uuid4().hex[:12]}",
        clean_session=clean,
        **options,
    )
    if parts.username:
        client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
    if parts.scheme == "mqtts":
        client.tls_set_context(ssl.create_default_context())
    client.reconnect_delay_set(min_delay=1, max_delay=2)
    client.max_inflight_messages_set(IN_FLIGHT)
    return client


def address() -> tuple[str, int]:
    """Return host and port of the broker."""
    parts = urlsplit(settings.RTM_BROKER_URL)
    return parts.hostname or "127.0.0.1", parts.port or (
        8883 if parts.scheme == "mqtts" else 1883
    )


class Link:
    """A connection that restores itself; safe to use from several threads."""

    def __init__(self) -> None:
        """Describe the connection; the first publish opens it."""
        self._client: Client | None = None
        self._connected = threading.Event()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._down_since = 0.0

    @property
    def qos(self) -> int:
        """The QoS of downlink on this kind of broker."""
        return 0 if settings.RTM_BROKER_KIND == "nats" else 1

    def publish(self, batch: Sequence[tuple[str, bytes]]) -> list[bool]:
        """Publish ``(topic, payload)`` pairs; return for each whether the broker has taken it.

        Waits up to ``CONNECT_SECONDS`` for a connection and ``ACK_SECONDS`` for
        acknowledgements; never raises for a broker that is away.
        """
        if not batch:
            return []
        client = self._open()
        if client is None:
            return [False] * len(batch)
        infos = [client.publish(topic, payload, self.qos) for topic, payload in batch]
        if self.qos:
            return _acknowledged(infos)
        return [info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS for info in infos]

    def close(self) -> None:
        """Close the connection; the next publish opens it again."""
        with self._lock:
            client, self._client = self._client, None
        if client:
            client.disconnect()
            client.loop_stop()
        self._connected.clear()

    def _open(self) -> Client | None:
        """Return the client when it is connected in time, after a fork a new one."""
        with self._lock:
            if self._client is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._connected = threading.Event()
                self._client = self._started()
        if self._connected.is_set():
            return self._client
        # While the broker is away, only the first batch of each while waits for it.
        away = self._down_since and time.monotonic() - self._down_since > CONNECT_SECONDS
        if self._connected.wait(0.05 if away else CONNECT_SECONDS):
            return self._client
        return None

    def _started(self) -> Client:
        client = new_client("mt")
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        host, port = address()
        self._down_since = time.monotonic()
        client.connect_async(host, port, keepalive=KEEPALIVE_SECONDS)
        client.loop_start()
        return client

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            log.error("The broker refused the gateway: %s.", code)
            return
        self._down_since = 0.0
        self._connected.set()

    def _on_disconnect(self, _c: Client, _d: Any, _f: Any, code: Any, _p: Any) -> None:
        self._connected.clear()
        self._down_since = time.monotonic()
        if code.is_failure:
            log.warning("The connection to the broker was lost: %s.", code)


def _acknowledged(infos: list[MQTTMessageInfo]) -> list[bool]:
    deadline = time.monotonic() + ACK_SECONDS
    done = []
    for info in infos:
        try:
            info.wait_for_publish(max(0.0, deadline - time.monotonic()))
            done.append(info.is_published())
        except (RuntimeError, ValueError):
            done.append(False)
    return done


#: The connection of this process.
link = Link()
