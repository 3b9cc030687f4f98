"""What Google checks of a token request and of a message (facts/push.md, B).

The double is the console too: ``new_account`` gives out a service-account JSON.
"""

import json
import re
import secrets
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from imiconnect.sandbox.calls import Call, Memory, Reply

_SEND = re.compile(r"/v1/projects/([^/]+)/messages:send")
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ERROR_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_LARGEST, _LONGEST_TTL = 4096, 2_419_200


class Refused(Exception):
    """An answer other than 200."""

    def __init__(
        self, status: int, code: str, *, name: str = "", field: str = "", after: int = 0
    ) -> None:
        """Keep what FCM answers; ``name`` is the status word, ``field`` the one at fault."""
        super().__init__(code)
        details: list[dict[str, Any]] = []
        if code:
            details.append({"@type": _ERROR_TYPE, "errorCode": code})
        if field:
            details.append({"@type": _BAD_REQUEST, "fieldViolations": [{"field": field}]})
        error = {"code": status, "status": name or code, "message": name, "details": details}
        headers = {"content-type": "application/json"}
        headers |= {"retry-after": str(after)} if after else {}
        self.reply = Reply(status, {"error": error}, headers)


class Fcm:
    """Google, as far as sending goes; ``base_url`` is where it is served."""

    def __init__(self, memory: Memory, *, base_url: str = "") -> None:
        """Take a memory."""
        self.memory = memory
        self.base_url = base_url

    def new_account(self, project: str) -> dict[str, str]:
        """Give out one more key of the service account of a project; the others stay."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        email, key_id = f"push@{project}.iam.example", secrets.token_hex(20)
        public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        pem = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        account = {
            "type": "service_account",
            "project_id": project,
            "private_key_id": key_id,
            "private_key": pem.decode(),
            "client_email": email,
            "token_uri": f"{self.base_url}/token",
        }
        kept = {"project": project, "email": email, "public": public.decode()}
        self.memory.put("account", key_id, file=account, **kept)
        return account

    def new_device(self, project: str, **more: Any) -> str:
        """Give a registration token of an app of the project."""
        token = f"{secrets.token_urlsafe(16)}:APA91b{secrets.token_urlsafe(90)}"
        self.memory.put("device", token, project=project, state="alive", at=time.time(), **more)
        return token

    def behave(self, token: str, state: str) -> None:
        """Let a device be ``alive``, ``dead``, ``throttled`` or ``down``."""
        known = self.memory.get("device", token) or {}
        self.memory.put("device", token, **{**known, "state": state})

    def received(self, token: str) -> list[dict[str, Any]]:
        """Return the messages of a device."""
        return [data["message"] for _key, data in self.memory.all("note", device=token)]

    def answer(self, call: Call) -> Reply:
        """Answer one call."""
        if call.method == "POST" and call.path.endswith("/token"):
            return self._token(call)
        found = _SEND.fullmatch(call.path)
        if found is None or call.method != "POST":
            return Reply(404, b"not found")
        try:
            name = self._send(found[1], call)
        except Refused as refused:
            return refused.reply
        return Reply(200, {"name": name}, {"content-type": "application/json"})

    def _token(self, call: Call) -> Reply:
        kind = {"content-type": "application/json"}
        form = call.form()
        try:
            known = self._account(form["assertion"])
            if form.get("grant_type") != _GRANT:
                raise KeyError(_GRANT)
            claims = jwt.decode(
                form["assertion"],
                known["public"],
                algorithms=["RS256"],
                audience=f"{self.base_url or call.origin}/token",
                options={"require": ["exp", "iat", "aud", "iss"]},
            )
        except (jwt.PyJWTError, KeyError):
            return Reply(400, {"error": "invalid_grant"}, kind)
        if claims["exp"] - claims["iat"] > 3600 or claims.get("scope") != _SCOPE:
            return Reply(400, {"error": "invalid_scope"}, kind)
        token = f"ya29.{secrets.token_urlsafe(40)}"
        self.memory.put("token", token, project=known["project"], ends=time.time() + 3599)
        answer = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
        return Reply(200, answer, kind)

    def _account(self, assertion: str) -> dict[str, Any]:
        """Return whose key has signed, the newest where none is named; raises ``KeyError``."""
        email = jwt.decode(assertion, options={"verify_signature": False})["iss"]
        named = jwt.get_unverified_header(assertion).get("kid")
        for key_id, account in reversed(self.memory.all("account", email=email)):
            if named in (None, key_id):
                return account
        raise KeyError(email)

    def _send(self, project: str, call: Call) -> str:
        _, _, bearer = call.headers.get("authorization", "").partition(" ")
        known = self.memory.get("token", bearer)
        ended = known is None or known["ends"] < time.time()
        if known is None or ended or self.memory.misbehaves("expired_token"):
            raise Refused(401, "", name="UNAUTHENTICATED")
        if known["project"] != project:
            raise Refused(403, "", name="PERMISSION_DENIED")
        if self.memory.misbehaves("down"):
            raise Refused(503, "UNAVAILABLE", after=30)
        if self.memory.misbehaves("too_large"):
            raise Refused(400, "INVALID_ARGUMENT", field="message.data")
        message = _checked(call.json())
        device = message.get("token", "")
        self._check_device(device, project)
        name = f"projects/{project}/messages/0:{secrets.token_hex(8)}"
        if not call.json().get("validate_only"):
            self.memory.put("note", name, device=device, message=message, at=time.time())
        return name

    def _check_device(self, token: str, project: str) -> None:
        device = self.memory.get("device", token)
        if device is None and not re.fullmatch(r"[\w-]+:APA91b[\w-]+", token):
            raise Refused(400, "INVALID_ARGUMENT", field="message.token")
        dead = device is None or device["state"] == "dead"
        if device is None or dead or self.memory.misbehaves("dead_token"):
            raise Refused(404, "UNREGISTERED", name="NOT_FOUND")
        if device["project"] != project:
            raise Refused(403, "SENDER_ID_MISMATCH", name="PERMISSION_DENIED")
        if device["state"] == "throttled" or self.memory.misbehaves("rate_limit"):
            raise Refused(429, "QUOTA_EXCEEDED", name="RESOURCE_EXHAUSTED", after=20)
        if device["state"] == "down":
            raise Refused(500, "INTERNAL")


def _checked(body: Any) -> dict[str, Any]:
    message = body.get("message") if isinstance(body, dict) else None
    if not isinstance(message, dict):
        raise Refused(400, "INVALID_ARGUMENT", field="message")
    if len([name for name in ("token", "topic", "condition") if message.get(name)]) != 1:
        raise Refused(400, "INVALID_ARGUMENT", field="message")
    data = message.get("data", {})
    for name, value in data.items():
        reserved = name in ("from", "message_type") or name.startswith(("gcm", "google"))
        if reserved or not isinstance(value, str):
            raise Refused(400, "INVALID_ARGUMENT", field=f"message.data[{name}]")
    content = {name: message[name] for name in ("notification", "data") if name in message}
    if len(json.dumps(content).encode()) > _LARGEST:
        raise Refused(400, "INVALID_ARGUMENT", field="message.data")
    _check_apns(message.get("apns", {}))
    ttl = message.get("android", {}).get("ttl", "0s")
    found = re.fullmatch(r"(\d+)(\.\d+)?s", ttl)
    if not found or int(found[1]) > _LONGEST_TTL:
        raise Refused(400, "INVALID_ARGUMENT", field="message.android.ttl")
    return message


def _check_apns(part: Any) -> None:
    """Refuse for an iPhone what Apple would: FCM hands headers and payload on as they are."""
    headers, payload = part.get("headers", {}), part.get("payload", {})
    if not all(isinstance(value, str) for value in headers.values()):
        raise Refused(400, "INVALID_ARGUMENT", field="message.apns.headers")
    until = headers.get("apns-expiration", "0")
    if headers.get("apns-priority", "10") not in ("1", "5", "10") or not until.isdecimal():
        raise Refused(400, "INVALID_ARGUMENT", field="message.apns.headers")
    if len(headers.get("apns-collapse-id", "").encode()) > 64:
        raise Refused(400, "INVALID_ARGUMENT", field="message.apns.headers")
    if not isinstance(payload.get("aps", {}), dict):
        raise Refused(400, "INVALID_ARGUMENT", field="message.apns.payload")
