"""What a push service checks of a push (RFC 8030, RFC 8292), and the browser behind it.

``subscribe`` is the browser: it keeps the private key and reads what arrives.
"""

import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from imiconnect.sandbox.calls import Call, Memory, Reply
from imiconnect.sandbox.webpush.ece import Unreadable, b64, decrypted, public_of, unb64

_PATH = re.compile(r"/push/([\w-]+)")
_DAY = 86_400
_LARGEST = 4096


class Refused(Exception):
    """An answer other than 201."""

    def __init__(self, status: int, errno: int, message: str, *, after: int = 0) -> None:
        """Keep what the service answers."""
        super().__init__(message)
        headers = {"content-type": "application/json"}
        headers |= {"retry-after": str(after)} if after else {}
        body = {"code": status, "errno": errno, "error": message}
        self.reply = Reply(status, body, headers)


class WebPushService:
    """A push service with browsers that have subscribed."""

    def __init__(self, memory: Memory) -> None:
        """Take a memory."""
        self.memory = memory

    def subscribe(
        self, origin: str, application_server_key: str, **more: Any
    ) -> dict[str, Any]:
        """Subscribe a new browser; return what ``PushSubscription.toJSON()`` gives."""
        private = ec.generate_private_key(ec.SECP256R1())
        key, auth = secrets.token_urlsafe(32), secrets.token_bytes(16)
        number = private.private_numbers().private_value
        self.memory.put(
            "browser",
            key,
            private=hex(number),
            auth=b64(auth),
            server_key=application_server_key.rstrip("="),
            state="alive",
            at=time.time(),
            **more,
        )
        return {
            "endpoint": f"{origin}/push/{key}",
            "expirationTime": None,
            "keys": {"p256dh": b64(public_of(private)), "auth": b64(auth)},
        }

    def behave(self, endpoint: str, state: str) -> None:
        """Let a browser be ``alive``, or answer ``gone``, ``unknown``, ``full`` and so on."""
        key = endpoint.rpartition("/")[2]
        known = self.memory.get("browser", key) or {}
        self.memory.put("browser", key, **{**known, "state": state})

    def received(self, endpoint: str) -> list[dict[str, Any]]:
        """Return the pushes of a browser: the decrypted text and the headers that count."""
        key = endpoint.rpartition("/")[2]
        return [data for _key, data in self.memory.all("note", browser=key)]

    def answer(self, call: Call) -> Reply:
        """Answer one call."""
        found = _PATH.search(call.path)
        try:
            if found is None:
                raise Refused(404, 102, "Invalid URL")
            return self._push(found[1], call)
        except Refused as refused:
            return refused.reply

    def _push(self, key: str, call: Call) -> Reply:
        browser = self.memory.get("browser", key)
        if self.memory.misbehaves("down"):
            raise Refused(503, 202, "Retry later", after=30)
        if (
            browser is None
            or browser["state"] == "unknown"
            or self.memory.misbehaves("unknown")
        ):
            raise Refused(404, 102, "Unknown subscription")
        if browser["state"] == "gone" or self.memory.misbehaves("dead_token"):
            raise Refused(410, 103, "The subscription has ended")
        _check_headers(call)
        if browser["state"] == "bad" or self.memory.misbehaves("bad_request"):
            raise Refused(400, 110, "Invalid crypto keys specified")
        _check_vapid(call, browser["server_key"])
        if self.memory.misbehaves("expired_token"):
            raise Refused(401, 109, "The VAPID token has expired")
        full = browser["state"] == "full" or self.memory.misbehaves("too_large")
        if len(call.body) > _LARGEST or full:
            raise Refused(413, 104, "Payload too large")
        if browser["state"] == "throttled" or self.memory.misbehaves("rate_limit"):
            raise Refused(429, 201, "Too many requests", after=17)
        if browser["state"] == "down":
            raise Refused(500, 999, "Unknown error")
        private = ec.derive_private_key(int(browser["private"], 16), ec.SECP256R1())
        try:
            text = decrypted(call.body, private, unb64(browser["auth"])).decode()
        except (Unreadable, UnicodeDecodeError):
            # A real service cannot read it either; the browser drops it.
            text = ""
        note = secrets.token_urlsafe(16)
        named = {name: call.headers.get(name, "") for name in ("ttl", "urgency", "topic")}
        self.memory.put("note", note, browser=key, text=text, at=time.time(), **named)
        return Reply(
            201, b"", {"location": f"{call.origin}/message/{note}", "ttl": named["ttl"]}
        )


def _check_headers(call: Call) -> None:
    if call.method != "POST":
        raise Refused(405, 999, "POST alone")
    if not call.headers.get("ttl", "").isdigit():
        raise Refused(400, 112, "Missing TTL header")
    if call.headers.get("content-encoding") != "aes128gcm":
        raise Refused(400, 110, "Invalid Content-Encoding")
    topic = call.headers.get("topic")
    if topic is not None and not re.fullmatch(r"[\w-]{1,32}", topic):
        raise Refused(400, 113, "Invalid Topic")
    urgency = call.headers.get("urgency", "normal")
    if urgency not in ("very-low", "low", "normal", "high"):
        raise Refused(400, 999, "Invalid Urgency")


def _check_vapid(call: Call, server_key: str) -> None:
    found = re.fullmatch(
        r"vapid\s+t=([^,\s]+),\s*k=([^,\s]+)", call.headers.get("authorization", "")
    )
    if found is None:
        raise Refused(401, 109, "Missing or malformed VAPID header")
    if found[2].rstrip("=") != server_key:
        raise Refused(403, 109, "The key is not that of the subscription")
    try:
        point = unb64(found[2])
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims = jwt.decode(
            found[1],
            public,
            algorithms=["ES256"],
            audience=call.origin,
            options={"require": ["exp", "aud", "sub"]},
        )
    except (jwt.InvalidTokenError, ValueError):
        raise Refused(401, 109, "Invalid VAPID token") from None
    subject = urlsplit(str(claims["sub"]))
    if claims["exp"] - time.time() > _DAY or subject.scheme not in ("mailto", "https"):
        raise Refused(401, 109, "Invalid VAPID claims")
