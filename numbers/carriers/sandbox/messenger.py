"""Texts and calls over the sandbox carrier: JSON over HTTP, a key, signed webhooks.

``POST /v1/messages`` and ``/v1/calls`` answer 202 with an ``id``; the same ``reference`` again
is answered with the same id. Webhooks carry ``X-Carrier-Timestamp`` and
``X-Carrier-Signature``: hex HMAC-SHA256 of timestamp, a dot and the body.
"""

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import httpx
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers import parallel, voice
from imiconnect.numbers.carriers.base import Account
from imiconnect.outbound import trusted

#: A webhook older than this is not believed.
_TOLERANCE = dt.timedelta(minutes=5)
#: What the carrier calls its errors, in answers and receipts.
_REASONS = {
    "bad_sender": m.BAD_SENDER,
    "bad_number": m.BAD_ADDRESS,
    "unknown_number": m.UNKNOWN_SUBSCRIBER,
    "blocked": m.BLOCKED,
    "no_credit": m.NO_CREDIT,
    "memory_full": m.MEMORY_FULL,
    "unreachable": m.UNREACHABLE,
    "expired": m.EXPIRED,
    "operator": m.AT_OPERATOR,
    "throttled": m.THROTTLED,
    "bad_media": m.NOT_SPOKEN,
    "rejected": m.REJECTED,
    "busy": m.BUSY,
    "no_answer": m.NO_ANSWER,
}
_STATUSES = {
    "buffered": m.Status.SUBMITTED,
    "delivered": m.Status.DELIVERED,
    "undelivered": m.Status.UNDELIVERED,
    "failed": m.Status.FAILED,
    "answered": m.Status.ANSWERED,
    "rejected": m.Status.REJECTED,
    "busy": m.Status.BUSY,
    "no_answer": m.Status.NO_ANSWER,
}


class Messenger:
    """Our account there; ``secret`` is the key, which also signs the webhooks."""

    slug = "sandbox"
    name = _("Sandbox carrier")
    carries = frozenset({m.Carries.SMS, m.Carries.VOICE})
    twin = "carrier"

    def __init__(self, account: Account) -> None:
        """Keep the account."""
        self._account = account

    def problems(self) -> list[Words]:
        """Tell of an address or a key that is not set."""
        account = self._account
        if account.base_url and account.secret:
            return []
        return [_("Set the base URL and the secret of the sandbox carrier.")]

    def submit(self, batch: Sequence[m.OutgoingSms]) -> list[m.Submission]:
        """Hand each text over by a request of its own."""
        with self._client() as client:
            return parallel.each(batch, lambda sms: _posted(client, "/v1/messages", _text(sms)))

    def call(self, batch: Sequence[voice.OutgoingCall]) -> list[m.Submission]:
        """Start each call by a request of its own."""
        with self._client() as client:
            return parallel.each(batch, lambda call: _posted(client, "/v1/calls", _call(call)))

    def _client(self) -> httpx.Client:
        account = self._account
        key = {"Authorization": f"Bearer {account.secret}"}
        base_url = account.base_url or "http://sandbox.invalid"
        return httpx.Client(
            base_url=base_url, headers=key, timeout=parallel.TIMEOUT, verify=trusted()
        )

    def verify(self, hook: m.Hook) -> bool:
        """Compare the signature and the age."""
        stamp = hook.headers.get("x-carrier-timestamp", "")
        told = hook.headers.get("x-carrier-signature", "")
        signed = f"{stamp}.".encode() + hook.body
        right = hmac.new(self._account.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not self._account.secret or not hmac.compare_digest(right, told):
            return False
        return abs(hook.received_at.timestamp() - float(stamp)) <= _TOLERANCE.total_seconds()

    def parse(self, hook: m.Hook) -> m.HookAnswer:
        """Read a receipt, a text or a call."""
        try:
            said = json.loads(hook.body)
            return _READERS[said["type"]](said)
        except (KeyError, TypeError, ValueError) as error:
            raise m.UnreadableHook(str(error)) from error

    def script(self, actions: Sequence[voice.Action]) -> tuple[str, str]:
        """Write the actions as JSON."""
        return json.dumps({"actions": [_action(action) for action in actions]}), _JSON

    def fetch_recording(self, provider_id: str) -> voice.Sound:
        """Read it."""
        answer = self._recording("GET", provider_id)
        if len(answer.content) > voice.MAX_SOUND:
            raise voice.RecordingError("larger than is kept", is_gone=True)
        return voice.Sound(answer.content, answer.headers["content-type"])

    def delete_recording(self, provider_id: str) -> None:
        """Delete it there."""
        try:
            self._recording("DELETE", provider_id)
        except voice.RecordingError as error:
            if not error.is_gone:
                raise

    def _recording(self, method: str, provider_id: str) -> httpx.Response:
        try:
            with self._client() as client:
                answer = client.request(method, f"/v1/recordings/{provider_id}")
        except httpx.HTTPError as error:
            raise voice.RecordingError(str(error)) from error
        if not answer.is_success:
            gone = answer.status_code == 404
            raise voice.RecordingError(f"status {answer.status_code}", is_gone=gone)
        return answer


_JSON = "application/json"


def _posted(client: httpx.Client, path: str, body: dict[str, Any]) -> m.Submission:
    try:
        answer = client.post(path, json=body)
        said = answer.json()
    except httpx.ConnectError as error:
        return m.Declined(m.CARRIER_DOWN, str(error))
    except httpx.HTTPError as error:
        return m.Declined(m.UNCERTAIN, str(error))
    except ValueError:
        said = {}
    if answer.status_code == 202 and "id" in said:
        return m.Accepted(said["id"])
    detail = f"{answer.status_code} {said.get('error', '')}".strip()
    if answer.status_code in (401, 403, 404):
        return m.Declined(m.MISCONFIGURED, detail)
    if answer.status_code == 429:
        return m.Declined(m.THROTTLED, detail, _seconds(answer.headers.get("retry-after")))
    if answer.status_code >= 500:
        return m.Declined(m.CARRIER_DOWN, detail)
    return m.Declined(_REASONS.get(said.get("error", ""), m.AT_PLATFORM), detail)


def _seconds(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _text(sms: m.OutgoingSms) -> dict[str, Any]:
    content: dict[str, Any] = {"text": sms.text}
    if sms.coding is m.Coding.BINARY:
        content = {"data": b"".join(segment.body for segment in sms.segments).hex()}
    return {
        "reference": str(sms.reference),
        "from": sms.sender,
        "to": sms.to,
        "parts": len(sms.segments),
        "coding": sms.coding.name.lower(),
        "flash": sms.is_flash,
        "valid_seconds": sms.valid_for,
        **content,
    }


def _call(call: voice.OutgoingCall) -> dict[str, Any]:
    return {
        "reference": str(call.reference),
        "from": call.sender,
        "to": call.to,
        "ring_seconds": call.ring_seconds,
        "actions": [_action(action) for action in call.actions],
    }


def _action(action: voice.Action) -> dict[str, Any]:
    match action:
        case voice.Say(text, language):
            return {"do": "say", "text": text, "language": language}
        case voice.Play(url):
            return {"do": "play", "url": url}
        case voice.Answer():
            return {"do": "answer"}
        case voice.Patch(to):
            return {"do": "connect", "to": to}
        case voice.Record(key, max_seconds, beep):
            return {"do": "record", "as": key, "max_seconds": max_seconds, "beep": beep}
        case voice.Reject():
            return {"do": "reject"}
        case voice.HangUp():
            return {"do": "hang_up"}


def _at(said: dict[str, Any]) -> dt.datetime:
    return dt.datetime.fromisoformat(said["at"])


def _receipt(channel: m.Carries, said: dict[str, Any]) -> m.HookAnswer:
    error = said.get("error") or ""
    reason = _REASONS.get(error, m.AT_OPERATOR) if error else None
    status = _STATUSES[said["status"]]
    return m.HookAnswer([m.Receipt(said["id"], status, reason, _at(said), error, channel)])


def _incoming(said: dict[str, Any]) -> m.HookAnswer:
    sms = m.IncomingSms(said["id"], said["from"], said["to"], said["text"], at=_at(said))
    return m.HookAnswer([sms])


def _incoming_call(said: dict[str, Any]) -> m.HookAnswer:
    return m.HookAnswer(call=m.IncomingCall(said["id"], said["from"], said["to"], _at(said)))


def _recorded(said: dict[str, Any]) -> m.HookAnswer:
    """Read what became of a recording; the call goes on with what this is answered."""
    row = m.Recorded(said["as"], said["recording"], int(said["seconds"]), _at(said))
    return m.HookAnswer([row], went_on=row.key)


_READERS = {
    "message.status": lambda said: _receipt(m.Carries.SMS, said),
    "call.status": lambda said: _receipt(m.Carries.VOICE, said),
    "message.received": _incoming,
    "call.received": _incoming_call,
    "call.recorded": _recorded,
}
