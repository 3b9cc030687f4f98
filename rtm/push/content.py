"""From ``channels.push`` of a request, and ``notification`` of an in-app message, to what is
kept (facts/imiconnect.md, section 13).
"""

from typing import Any

import msgspec

from imiconnect.rtm.intake.answers import invalid, missing

PLATFORMS = ("ios", "android", "web")
MAX_TEXT, MAX_TITLE, MAX_URL = 2000, 200, 2000
MAX_TTL = 2_419_200


class Part(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one platform shows; ``platorm_types`` is the vendor's spelling."""

    text: str = ""
    title: str = ""
    url: str = ""
    actiontext: str = ""
    priority: int | str = ""
    extras: dict[str, Any] = {}
    platorm_types: list[str] = []


class Content(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``channels.push``."""

    ios: Part | None = None
    android: Part | None = None
    web: Part | None = None
    interactive: dict[str, Any] | None = None


class Notification(msgspec.Struct, kw_only=True):
    """``notification`` of an in-app message."""

    title: str = ""
    text: str = ""
    ios_extras: dict[str, Any] = {}
    android_extras: dict[str, Any] = {}
    web_extras: dict[str, Any] = {}
    interactive: dict[str, Any] | None = None


def normalized(value: Any, where: str) -> dict[str, Any]:
    """Return the payload of a push; raises ``Refusal`` 7003 when it says nothing."""
    try:
        content = msgspec.convert(value, Content)
    except msgspec.ValidationError as error:
        raise invalid(f"{where} is not as documented: {error}.") from None
    parts = {name: getattr(content, name) for name in PLATFORMS if getattr(content, name)}
    if not parts:
        raise missing(f"{where}.ios, {where}.android or {where}.web")
    for name, part in parts.items():
        _check(part, f"{where}.{name}")
    text = next(part.text for part in parts.values())
    return {"message": text, "push": msgspec.to_builtins(content)}


def _check(part: Part, where: str) -> None:
    if not part.text and not part.title:
        raise missing(f"{where}.text")
    for name, most in (("text", MAX_TEXT), ("title", MAX_TITLE), ("url", MAX_URL)):
        if len(getattr(part, name)) > most:
            raise invalid(f"{where}.{name} is longer than {most} characters.")
    if part.url and not part.url.startswith(("https://", "http://")):
        raise invalid(f"{where}.url is not an address that starts with https://.")
    if part.priority and str(part.priority) not in ("1", "2", "3", "4", "5"):
        raise invalid(f"{where}.priority is not a number from 1 to 5.")
    life = part.extras.get("time_to_live")
    if life is not None and not (isinstance(life, int) and 0 <= life <= MAX_TTL):
        raise invalid(f"{where}.extras.time_to_live is not between 0 and {MAX_TTL} seconds.")


def of_notification(value: Any, text: str) -> dict[str, Any]:
    """Return the push content of an in-app message's companion, empty where it has none."""
    try:
        found = msgspec.convert(value, Notification)
    except msgspec.ValidationError:
        return {}
    words = found.text or text
    if not words and not found.title:
        return {}
    extras = {"ios": found.ios_extras, "android": found.android_extras, "web": found.web_extras}
    shared = {"text": words, "title": found.title}
    return {name: {**shared, "extras": extras[name]} for name in PLATFORMS}
