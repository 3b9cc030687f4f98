"""What each push service is given for one notification; pure functions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from imiconnect.apps.push.clients.apns import collapse_id_of

_encode = msgspec.json.Encoder().encode
#: Priorities from here on are pushed at once (1 low to 5 high).
_URGENT = 3
#: What a badge may say; ``\d`` would allow the digits of every script.
_BADGE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Note:
    """One notification: ``part`` is the platform's object of the request."""

    tid: str
    app_id: str
    part: Mapping[str, Any]
    #: Seconds that a push service may keep it, and the end of that as a Unix time.
    ttl: int
    expires_at: int

    @property
    def extras(self) -> Mapping[str, Any]:
        """The documented extras."""
        found = self.part.get("extras")
        return found if isinstance(found, dict) else {}

    @property
    def urgent(self) -> bool:
        """Whether it is shown at once, at the cost of battery."""
        return int(self.part.get("priority") or _URGENT) >= _URGENT

    @property
    def collapse(self) -> str:
        """What replaces an earlier notification with the same key."""
        return str(self.extras.get("collapse_key") or "")

    @property
    def life(self) -> int:
        """Seconds that it may be kept: what the request says, within the message's expiry."""
        asked = self.extras.get("time_to_live")
        # Extras of a companion come as they were sent; JSON's true is a number to Python.
        if not isinstance(asked, int) or isinstance(asked, bool):
            return self.ttl
        return max(0, min(self.ttl, asked))

    @property
    def until(self) -> int:
        """The Unix time until which it may be kept; 0 for now or never."""
        return self.expires_at - self.ttl + self.life if self.life else 0


def _image(note: Note) -> str:
    names = ("attachmenturl", "image")
    return str(next((note.extras[name] for name in names if note.extras.get(name)), ""))


def _data(note: Note) -> dict[str, str]:
    """Return what the app reads, strings alone as FCM wants them.

    Names that the push services keep for themselves are left out: a custom tag ``aps`` would
    take the place of what APNs shows.
    """
    action = note.extras.get("notificationaction")
    tags = note.extras.get("customtags")
    made = {str(name): _text(value) for name, value in _pairs(tags)}
    if isinstance(action, dict):
        made |= {name: _text(action[name]) for name in ("action", "value") if name in action}
    reserved = ("aps", "from", "message_type")
    kept = {
        name: value
        for name, value in made.items()
        if name not in reserved and not name.startswith(("gcm", "google"))
    }
    return {**kept, "tid": note.tid, "appId": note.app_id}


def _pairs(tags: Any) -> list[tuple[Any, Any]]:
    return list(tags.items()) if isinstance(tags, dict) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _encode(value).decode()


def aps(note: Note) -> dict[str, Any]:
    """Return the ``aps`` object of iOS."""
    alert = {name: note.part[key] for name, key in (("title", "title"), ("body", "text"))
             if note.part.get(key)}  # fmt: skip
    made: dict[str, Any] = {"alert": alert}
    badge = str(note.extras.get("badge", ""))
    if _BADGE.fullmatch(badge):
        made["badge"] = int(badge)
    made["sound"] = str(note.extras.get("sound") or "default")
    if note.extras.get("category"):
        made["category"] = str(note.extras["category"])
    if _image(note):
        made["mutable-content"] = 1
    return made


def for_apns(note: Note) -> dict[str, Any]:
    """Return the payload of APNs."""
    image = _image(note)
    return {"aps": aps(note), **_data(note), **({"image": image} if image else {})}


def for_fcm(note: Note, token: str, platform: str) -> dict[str, Any]:
    """Return the ``message`` of FCM, for Android or for an iOS app that uses Firebase."""
    shown = {
        "title": note.part.get("title", ""),
        "body": note.part.get("text", ""),
        "image": _image(note),
    }
    message: dict[str, Any] = {
        "token": token,
        "notification": {name: value for name, value in shown.items() if value},
        "data": _data(note),
    }
    if platform == "ios":
        headers = {"apns-priority": "10" if note.urgent else "5"}
        headers["apns-expiration"] = str(note.until)
        if note.collapse:
            headers["apns-collapse-id"] = collapse_id_of(note.collapse)
        return message | {"apns": {"headers": headers, "payload": {"aps": aps(note)}}}
    android: dict[str, Any] = {"priority": "HIGH" if note.urgent else "NORMAL"}
    android["ttl"] = f"{note.life}s"
    if note.collapse:
        android["collapse_key"] = note.collapse
    if note.extras.get("sound"):
        android["notification"] = {"sound": str(note.extras["sound"])}
    return message | {"android": android}


def for_web(note: Note, icon_url: str) -> bytes:
    """Return the text of a web push; declarative where a browser knows that (8030)."""
    shown = {
        "title": note.part.get("title") or note.part.get("text", ""),
        "body": note.part.get("text", "") if note.part.get("title") else "",
        "navigate": note.part.get("url", ""),
        "icon": note.extras.get("logo") or icon_url,
        "image": _image(note),
        "tag": note.collapse,
    }
    notification = {name: str(value) for name, value in shown.items() if value}
    body = {"web_push": 8030, "notification": notification}
    return _encode({**body, "tid": note.tid, "appId": note.app_id})
