"""Foreign MQTT clients: paho over TCP and WebSocket, with what they have seen."""

import queue
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.waiting import PATIENCE, wait_until


class Peer:
    """A paho client that keeps what happens to it."""

    def __init__(
        self,
        device: Any,
        port: int,
        *,
        transport: str = "websockets",
        origin: str = "",
        **changes: Any,
    ) -> None:
        """Prepare a client of ``device``; ``changes`` replace what it says of itself."""
        self.port = port
        self.code: int | None = None
        self.messages: queue.Queue[MQTTMessage] = queue.Queue()
        self.granted: dict[int, list[int]] = {}
        self.closed = 0
        self._told: queue.Queue[str] = queue.Queue()
        version = changes.get("protocol", 4)
        self.client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=changes.get("client_id", device.client_id),
            clean_session=changes.get("clean", True) if version < 5 else None,
            transport=transport,
            protocol=version,
            reconnect_on_failure=changes.get("reconnect", False),
        )
        self.client.username_pw_set(
            changes.get("username", device.username), changes.get("password", device.token)
        )
        if transport == "websockets":
            self.client.ws_set_options(path="/mqtt", headers=_origin(origin))
        if "will" in changes:
            self.client.will_set(changes["will"], b"gone")
        self.keepalive = changes.get("keepalive", 30)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _c, _d, message: self.messages.put(message)
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = self._on_disconnect

    def __enter__(self) -> "Peer":
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def connect(self) -> "Peer":
        """Connect and wait for the answer, which is then ``code``."""
        self.client.connect("127.0.0.1", self.port, self.keepalive)
        self.client.loop_start()
        wait_until(lambda: self.code is not None or self.closed)
        return self

    def subscribe(self, *filters: str, qos: int = 1) -> list[int]:
        """Subscribe and return the code of each filter."""
        _, packet_id = self.client.subscribe([(name, qos) for name in filters])
        assert packet_id is not None
        wait_until(lambda: packet_id in self.granted)
        return self.granted[packet_id]

    def publish(self, topic: str, payload: bytes = b"x", qos: int = 0) -> Any:
        """Publish."""
        return self.client.publish(topic, payload, qos)

    def received(self, seconds: float = PATIENCE) -> MQTTMessage:
        """Return the next message."""
        return self.messages.get(timeout=seconds)

    def hears_nothing(self, seconds: float = 0.5) -> bool:
        """Tell whether no message comes for a while."""
        time.sleep(seconds)
        return self.messages.empty()

    def _on_connect(self, _c: Client, _d: Any, _f: Any, code: Any, _p: Any) -> None:
        self.code = RETURN_CODES.get(code.value, code.value)

    def _on_subscribe(self, _c: Client, _d: Any, packet_id: int, codes: Any, _p: Any) -> None:
        self.granted[packet_id] = [code.value for code in codes]

    def _on_disconnect(self, *_: Any) -> None:
        self.closed += 1


#: paho tells MQTT 3.1.1's CONNACK in the codes of MQTT 5.
RETURN_CODES = {0x84: 1, 0x85: 2, 0x88: 3, 0x86: 4, 0x87: 5}


def _origin(origin: str) -> Any:
    def headers(defaults: dict[str, str]) -> dict[str, str]:
        if origin:
            defaults["Origin"] = origin
        else:
            defaults.pop("Origin", None)
        return defaults

    return headers
