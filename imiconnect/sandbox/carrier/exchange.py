"""The operator's inside: what is under way between the platform and the handsets.

Texts are ``sms`` things, calls ``call`` things, both with ``handset`` and ``line`` (the
platform's side), ``outgoing`` (from the platform) and ``state``.
"""

import datetime as dt
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.sandbox.carrier.voicemail import keep, spoken
from imiconnect.sandbox.carrier.webhooks import later, tell
from imiconnect.sandbox.store import Store

#: Seconds until a phone has confirmed a text, as the network has it.
_DELIVERY = 0.4
#: What becomes of a text or call to numbers that end so: state, error.
_FATES = {
    "9903": ("failed", "unreachable"),
    "9904": ("failed", "memory_full"),
    "9905": ("undelivered", "expired"),
    "9906": ("busy", "busy"),
    "9907": ("rejected", "rejected"),
    "9908": ("no_answer", "no_answer"),
    "9909": ("answered", ""),
}
_OF_CALLS = {"busy", "rejected", "no_answer", "answered"}


def _now() -> str:
    return timezone.now().astimezone(dt.UTC).isoformat(timespec="milliseconds")


class Exchange:
    """Takes what the platform sends and what a person does with a handset."""

    def __init__(self) -> None:
        """Open the memory."""
        self.store = Store("carrier")

    def take_message(self, body: dict[str, Any]) -> str:
        """Take a text of the platform and return its id; a known reference is known."""
        key, is_new = self._noted("sms", body)
        if is_new and not self.store.misbehaves("by_hand"):
            state, error = _FATES.get(body["to"][-4:], ("delivered", ""))
            if state not in _OF_CALLS:
                self.end_message(key, state, error, pause=_DELIVERY)
        return key

    def take_call(self, body: dict[str, Any]) -> str:
        """Let a handset ring and return the id of the call."""
        key, is_new = self._noted("call", body)
        if is_new:
            state, error = _FATES.get(body["to"][-4:], ("", ""))
            if state in _OF_CALLS:
                self.end_call(key, state, error, pause=_DELIVERY)
            else:
                later(float(body.get("ring_seconds") or 30), lambda: self.ring_out(key))
        return key

    @transaction.atomic
    def _noted(self, kind: str, body: dict[str, Any]) -> tuple[str, bool]:
        known = self.store.get("reference", body["reference"])
        if known is not None:
            return str(known["id"]), False
        key = f"{kind}_{uuid.uuid4().hex}"
        self.store.put("reference", body["reference"], id=key)
        self.store.put(
            kind,
            key,
            **{
                name: body[name]
                for name in ("text", "data", "parts", "actions")
                if name in body
            },
            handset=body["to"],
            line=body["from"],
            outgoing=True,
            state="sent" if kind == "sms" else "ringing",
            at=_now(),
        )
        return key, True

    def end_message(self, key: str, state: str, error: str = "", pause: float = 0) -> None:
        """Settle what became of a text, and tell the platform."""
        self.store.change("sms", key, state=state, error=error)
        told = {"type": "message.status", "id": key, "status": state, "error": error}
        tell({**told, "at": _now()}, pause)

    def end_call(self, key: str, state: str, error: str = "", pause: float = 0) -> None:
        """Settle what became of a call, and tell the platform."""
        self.store.change("call", key, state=state, error=error)
        told = {"type": "call.status", "id": key, "status": state, "error": error}
        tell({**told, "at": _now()}, pause)

    def ring_out(self, key: str) -> None:
        """End a call that still rings."""
        call = self.store.get("call", key)
        if call is not None and call["state"] == "ringing":
            self.end_call(key, "no_answer", "no_answer")

    def write(self, handset: str, line: str, text: str) -> str:
        """Send a text from a handset to the platform."""
        key = f"sms_{uuid.uuid4().hex}"
        self.store.put(
            "sms", key, text=text, handset=handset, line=line, outgoing=False, state="sent",
            at=_now(),
        )  # fmt: skip
        said = {"type": "message.received", "id": key, "from": handset, "to": line}
        tell({**said, "text": text, "at": _now()})
        return key

    def dial(self, handset: str, line: str) -> str:
        """Call a number of the platform from a handset."""
        key = f"call_{uuid.uuid4().hex}"
        self.store.put(
            "call", key, handset=handset, line=line, outgoing=False, state="ringing", at=_now()
        )
        said = {"type": "call.received", "id": key, "from": handset, "to": line, "at": _now()}
        tell(said, heard=lambda answer: self._hear(key, answer))
        return key

    def _hear(self, key: str, answer: Any) -> None:
        """Play what the platform answered to a call; without an answer it fails."""
        actions = answer.get("actions") if isinstance(answer, dict) else None
        if not actions:
            self.store.change("call", key, state="failed", actions=[])
            return
        if actions[0].get("do") == "reject":
            self.store.change("call", key, state="rejected", actions=[])
            return
        self._play(key, [], actions)

    def _play(self, key: str, heard: list[Any], actions: list[Any]) -> None:
        """Let the caller hear actions, up to the next ``record``."""
        places = [n for n, action in enumerate(actions) if action.get("do") == "record"]
        end = places[0] + 1 if places else len(actions)
        state = "recording" if places else "answered"
        heard, then = heard + actions[:end], actions[end:]
        self.store.change("call", key, state=state, actions=heard, then=then)

    def speak(self, key: str, seconds: int) -> None:
        """Say something for so long, 0 for nothing, and hear what comes next."""
        call = self.store.get("call", key)
        if call is None or call["state"] != "recording":
            return
        name = f"rec_{uuid.uuid4().hex}" if seconds else ""
        if seconds:
            keep(self.store, name, spoken(seconds))
        heard = call["actions"]
        heard[-1] = {**heard[-1], "seconds": seconds}
        self.store.change("call", key, state="answered", actions=heard)
        said = {"type": "call.recorded", "as": heard[-1]["as"], "recording": name}

        def go_on(answer: Any) -> None:
            told = answer.get("actions", []) if isinstance(answer, dict) else []
            # Where nothing was said, the call goes on as it was first told to.
            self._play(key, heard, told if seconds else call["then"])

        tell({**said, "seconds": seconds, "at": _now()}, heard=go_on)
