"""What a caller hears, as customers' servers write it: read, and checked."""

from collections.abc import Callable
from typing import Any

from imiconnect.numbers.carriers.voice import (
    Action,
    Answer,
    HangUp,
    Patch,
    Play,
    Record,
    Reject,
    Say,
)
from imiconnect.rtm.telecom.addresses import digits_of

#: More actions of one answer are not read.
MAX_ACTIONS = 20
#: Seconds of a recording: the default, and the most that is kept.
RECORD, MAX_RECORD = 120, 600
#: Where the key of a recording lies in its action, once it has one.
KEY = "key"


def read_actions(items: list[Any]) -> list[Action]:
    """Return actions; raises ``KeyError``, ``TypeError`` or ``ValueError`` for nonsense."""
    return [_READERS[name_of(item)](item) for item in items]


def name_of(item: dict[str, Any]) -> str:
    """Return the name of an action, one that there is; raises as ``read_actions`` does."""
    name = str(item["action"]).lower().replace("_", " ")
    if name not in _READERS:
        raise ValueError(f"unknown action {name[:20]}")
    return name


def _say(item: dict[str, Any]) -> Action:
    return Say(str(item["text"]), str(item.get("language") or "en-GB"))


def _patch(item: dict[str, Any]) -> Action:
    """Return the connection with a number; raises ``ValueError`` where it cannot exist."""
    number = str(item["to"])
    digits = digits_of(number)
    if not digits:
        raise ValueError(f"{number[:20]} is no number that can exist")
    return Patch(digits)


def _record(item: dict[str, Any]) -> Action:
    seconds = item.get("maxSeconds", RECORD)
    if type(seconds) is not int or not 1 <= seconds <= MAX_RECORD:
        raise ValueError(f"maxSeconds must be a whole number, 1 to {MAX_RECORD}")
    beep = item.get("beep", True)
    if not isinstance(beep, bool):
        raise ValueError("beep must be true or false")
    return Record(str(item.get(KEY) or ""), seconds, beep)


_READERS: dict[str, Callable[[dict[str, Any]], Action]] = {
    "answer": lambda item: Answer(),
    "say": _say,
    "play": lambda item: Play(str(item["url"])),
    "record": _record,
    "call patch": _patch,
    "hangup": lambda item: HangUp(),
    "reject": lambda item: Reject(),
}
