"""What APNs checks of a notification and answers (facts/push.md, A).

The double is Apple's key page as well: ``new_key`` gives out a ``.p8``. Device tokens are
those that it has given out; each may be told to be dead, throttled or to find it down.
"""

import json
import re
import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from imiconnect.sandbox.calls import Call, Memory, Reply

#: Apple has two gateways; a double at one address tells them apart by the path's beginning.
_PATH = re.compile(r"(?:/(production|sandbox))?/3/device/([^/]*)")
_TYPES = {
    "alert", "background", "voip", "complication", "fileprovider", "mdm", "location",
    "liveactivity", "pushtotalk", "widgets", "controls",
}  # fmt: skip
_HOUR = 3600
_LARGEST = 4096


@dataclass(frozen=True)
class Key:
    """A key as Apple gives it out, once."""

    pem: str
    key_id: str
    team_id: str


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, reason: str, **more: int) -> None:
        """Keep what APNs answers."""
        super().__init__(reason)
        self.status, self.body = status, {"reason": reason, **more}


class Apns:
    """One gateway; ``by_certificate`` stands for a server that asked for one in TLS."""

    def __init__(self, memory: Memory, *, by_certificate: bool = False) -> None:
        """Take a memory."""
        self.memory = memory
        self._by_certificate = by_certificate

    def new_key(self, *topics: str) -> Key:
        """Give out a key for a team whose apps have these bundle ids."""
        private = ec.generate_private_key(ec.SECP256R1())
        key_id, team_id = secrets.token_hex(5).upper(), secrets.token_hex(5).upper()
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        key = Key(pem.decode(), key_id, team_id)
        self.memory.put(
            "key",
            key_id,
            team=team_id,
            public=public.decode(),
            topics=list(topics),
            pem=key.pem,
        )
        return key

    def new_device(self, topic: str, gateway: str = "", **more: Any) -> str:
        """Give a device token of an app; without a ``gateway`` it is of both."""
        token = secrets.token_hex(32)
        self.memory.put(
            "device", token, topic=topic, gateway=gateway, state="alive", at=time.time(), **more
        )
        return token

    def behave(self, token: str, state: str) -> None:
        """Let a device be ``alive``, ``dead``, ``throttled`` or ``down``."""
        known = self.memory.get("device", token) or {}
        self.memory.put("device", token, **{**known, "state": state})

    def received(self, token: str) -> list[dict[str, object]]:
        """Return the notifications of a device, each with its headers."""
        return [data for _key, data in self.memory.all("note", device=token)]

    def answer(self, call: Call) -> Reply:
        """Answer one call."""
        note_id = call.headers.get("apns-id") or str(uuid.uuid4())
        named = {"apns-id": note_id}
        try:
            token = self._checked(call)
        except Refused as refused:
            return Reply(refused.status, refused.body, named)
        headers = {name: v for name, v in call.headers.items() if name.startswith("apns-")}
        self.memory.put(
            "note",
            f"{note_id} {token}",  # One message to two phones has one id.
            device=token,
            headers=headers,
            payload=json.loads(call.body),
            at=time.time(),
        )
        return Reply(200, b"", named)

    def _checked(self, call: Call) -> str:
        if not call.http_version.startswith("2"):
            raise Refused(400, "HttpVersionNotSupported")
        found = _PATH.fullmatch(call.path)
        if found is None:
            raise Refused(404, "BadPath")
        if call.method != "POST":
            raise Refused(405, "MethodNotAllowed")
        if self.memory.misbehaves("down"):
            raise Refused(503, "ServiceUnavailable")
        if self.memory.misbehaves("too_large"):
            raise Refused(413, "PayloadTooLarge")
        topics = None if self._by_certificate else self._topics(call)
        _check_headers(call)
        topic = call.headers.get("apns-topic", "")
        if not topic and topics is not None:
            raise Refused(400, "MissingTopic")
        if topics is not None and topic not in topics:
            raise Refused(400, "TopicDisallowed")
        _check_payload(call.body)
        self._check_device(found[2], topic, found[1] or "")
        return found[2]

    def _topics(self, call: Call) -> list[str]:
        if call.certificate:
            return _topics_of(call.certificate)
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Refused(403, "MissingProviderToken")
        if self.memory.misbehaves("expired_token"):
            raise Refused(403, "ExpiredProviderToken")
        try:
            key_id = jwt.get_unverified_header(token).get("kid", "")
            known = self.memory.get("key", key_id)
            if known is None:
                raise Refused(403, "InvalidProviderToken")
            claims = jwt.decode(
                token, known["public"], algorithms=["ES256"], options={"verify_iat": False}
            )
        except jwt.PyJWTError:
            raise Refused(403, "InvalidProviderToken") from None
        if claims.get("iss") != known["team"] or not isinstance(claims.get("iat"), int):
            raise Refused(403, "InvalidProviderToken")
        if abs(time.time() - claims["iat"]) > _HOUR:
            raise Refused(403, "ExpiredProviderToken")
        topics: list[str] = known["topics"]
        return topics

    def _check_device(self, token: str, topic: str, gateway: str) -> None:
        known = self.memory.get("device", token)
        if known is None or (gateway and known["gateway"] not in ("", gateway)):
            raise Refused(400, "BadDeviceToken" if token else "MissingDeviceToken")
        if topic and known["topic"] != topic:
            raise Refused(400, "DeviceTokenNotForTopic")
        if known["state"] == "dead" or self.memory.misbehaves("dead_token"):
            raise Refused(410, "Unregistered", timestamp=int(time.time() * 1000))
        if known["state"] == "throttled" or self.memory.misbehaves("rate_limit"):
            raise Refused(429, "TooManyRequests")
        if known["state"] == "down":
            raise Refused(500, "InternalServerError")


def _topics_of(certificate: bytes) -> list[str]:
    """Return the bundle id that Apple has written into a certificate."""
    subject = x509.load_der_x509_certificate(certificate).subject
    return [str(found.value) for found in subject.get_attributes_for_oid(NameOID.USER_ID)]


def _check_headers(call: Call) -> None:
    kind = call.headers.get("apns-push-type", "")
    if kind not in _TYPES:
        raise Refused(400, "InvalidPushType")
    priority = call.headers.get("apns-priority", "10")
    if priority not in ("10", "5", "1") or (kind == "background" and priority == "10"):
        raise Refused(400, "BadPriority")
    if not call.headers.get("apns-expiration", "0").isdigit():
        raise Refused(400, "BadExpirationDate")
    if len(call.headers.get("apns-collapse-id", "").encode()) > 64:
        raise Refused(400, "BadCollapseId")
    given = call.headers.get("apns-id")
    if given and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", given):
        raise Refused(400, "BadMessageId")


def _check_payload(body: bytes) -> None:
    if not body:
        raise Refused(400, "PayloadEmpty")
    if len(body) > _LARGEST:
        raise Refused(413, "PayloadTooLarge")
    try:
        payload = json.loads(body)
    except ValueError:
        payload = None
    if not isinstance(payload, dict) or not isinstance(payload.get("aps"), dict):
        raise Refused(400, "PayloadEmpty")
