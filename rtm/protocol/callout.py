"""The JWTs with which a NATS server asks who may connect (docs.nats.io, "Auth Callout").

The server publishes a signed request; the answer is a signed JWT that holds either the user's
own JWT, with what the user may publish and subscribe, or an error. Signatures are Ed25519
with nkeys. No input or output here.
"""

import base64
import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imiconnect.rtm.protocol.topics import nats_subject

SUBJECT = "$SYS.REQ.USER.AUTH"
#: Connections that a device's JWT is good for; a plain NATS client gets nowhere with it.
_MQTT = {"mqtt": "MQTT", "mqtt_websocket": "MQTT_WS"}
#: Where the server delivers to subscriptions of QoS 1 and 2; a client cannot name it in MQTT.
_DELIVERIES = ("$MQTT.sub.>", "$MQTT.deliver.>")
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_VERSION = 2
_SEPARATOR = ":"


class NotARequest(ValueError):
    """The message is no authorization request."""


@dataclass(frozen=True)
class Request:
    """What the server tells of a client that wants to connect."""

    server_id: str
    user_nkey: str
    client_id: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Rights:
    """What a device may do on the broker, and what the server's events repeat of it."""

    device: uuid.UUID
    epoch: int
    publish: Iterable[str]
    subscribe: Iterable[str]


class Issuer:
    """Signs answers with the account's key; ``key`` is an ``nkeys.KeyPair``."""

    def __init__(self, key: Any, account: str) -> None:
        """Answer for users of ``account``."""
        self._key = key
        self._account = account
        self._public = key.public_key.decode()

    def accept(self, request: Request, rights: Rights, now: int) -> bytes:
        """Return the answer that lets the client in; ``now`` in seconds since 1970."""
        user = {
            "pub": {"allow": [nats_subject(topic) for topic in rights.publish]},
            "sub": {"allow": [*map(nats_subject, rights.subscribe), *_DELIVERIES]},
            "subs": -1,
            "data": -1,
            "payload": -1,
            "allowed_connection_types": list(_MQTT.values()),
            "type": "user",
            "version": _VERSION,
        }
        name = f"{rights.device}{_SEPARATOR}{rights.epoch}"
        claims = {"name": name, "aud": self._account, "nats": user}
        jwt = self._sign(claims | {"sub": request.user_nkey}, now)
        return self._answer(request, {"jwt": jwt}, now)

    def refuse(self, request: Request, reason: str, now: int) -> bytes:
        """Return the answer that keeps the client out."""
        return self._answer(request, {"error": reason}, now)

    def _answer(self, request: Request, answer: Mapping[str, str], now: int) -> bytes:
        claims = {
            "aud": request.server_id,
            "sub": request.user_nkey,
            "nats": {**answer, "type": "authorization_response", "version": _VERSION},
        }
        return self._sign(claims, now).encode()

    def _sign(self, claims: Mapping[str, Any], now: int) -> str:
        complete = {**claims, "iss": self._public, "iat": now, "jti": secrets.token_hex(16)}
        head = f"{_part(_HEADER)}.{_part(complete)}"
        return f"{head}.{_base64(self._key.sign(head.encode()))}"


def read_request(message: bytes) -> Request:
    """Return the request in a message; raises ``NotARequest``."""
    try:
        told = json.loads(_unbase64(message.split(b".")[1]))["nats"]
        client, options = told["client_info"], told["connect_opts"]
        return Request(
            server_id=told["server_id"]["id"],
            user_nkey=told["user_nkey"],
            client_id=client.get("mqtt_id", "") if client.get("type") in _MQTT else "",
            username=options.get("user", ""),
            password=options.get("pass", ""),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NotARequest from None


def read_session(name: str) -> tuple[uuid.UUID, int] | None:
    """Return device and epoch from the name that the server's events repeat.

    None for a connection that is no device's, such as the gateway's own.
    """
    device, _, epoch = name.partition(_SEPARATOR)
    try:
        return uuid.UUID(device), int(epoch)
    except ValueError:
        return None


def _part(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(data: bytes) -> bytes:
    return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
