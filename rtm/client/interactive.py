"""Answers to quick replies, buttons and forms, as ``interactive_data`` carries them."""

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.messages import Message

#: What was chosen: ``identifier``, ``title`` and ``payload``.
Choice = Mapping[str, Any]
Publish = Callable[..., Awaitable[Message]]


def _is_date(value: str) -> bool:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Callable[[str], object]] = {
    "integer": re.compile(r"[+-]?\d+\Z").match,
    "decimal": re.compile(r"[+-]?\d+([.,]\d+)?\Z").match,
    "email": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+\Z").match,
    "date": _is_date,
}


class Answers:
    """What the user does with a message that offers something; each is a message of theirs."""

    def __init__(self, publish: Publish) -> None:
        """Answer by ``publish``."""
        self._publish = publish

    async def choose(self, message: Message, option: Choice) -> Message:
        """Answer by one of the quick replies."""
        offered = message.quick_replies or {}
        demand(offered.get("options"), "The message has no quick replies.")
        reference = offered.get("reference", "")
        data = {"type": "quickReplyPostback", "reference": reference} | _named(option)
        return await self._answer(message, data["title"], data)

    async def press(self, message: Message, button: Choice) -> Message:
        """Answer by a button of the template."""
        data = {"type": "templatePostback"} | _named(button)
        return await self._answer(message, data["title"], data)

    async def submit(self, message: Message, values: Mapping[str, str]) -> Message:
        """Answer the form; ``values`` are by the names of its fields."""
        parts = (part for part in message.attachments if isinstance(part, dict))
        form = next((part for part in parts if isinstance(part.get("fields"), list)), None)
        demand(form, "The message has no form.")
        assert form is not None  # noqa: S101 - demanded above
        for one in form["fields"]:
            _check(one, values.get(one["name"], ""))
        identifier = form.get("identifier", "")
        data = {"type": "formResponse", "identifier": identifier, "payload": dict(values)}
        return await self._answer(message, "", data)

    async def _answer(self, message: Message, text: str, data: dict[str, Any]) -> Message:
        thread = (message.thread or {}).get("id", "")
        more = {"relatedTid": message.tid, "interactiveData": data}
        return await self._publish(text=text, thread_id=thread, **more)


def _named(option: Choice) -> dict[str, Any]:
    return {name: option.get(name, "") for name in ("identifier", "title", "payload")}


def _check(one: Mapping[str, Any], value: str) -> None:
    label, kind = one.get("label") or one["name"], one.get("type", "text")
    demand(value != "" or not one.get("mandatory"), f"Enter {label}.")
    demand(value == "" or _CHECKS.get(kind, bool)(value), f"{label} is not of type {kind}.")
