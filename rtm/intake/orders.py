"""From the body of ``POST /resources/v1/messaging`` to an order that can be accepted.

Everything that can be wrong with a body is found here, so that one request of a batch cannot
spoil the statement that inserts all of them.
"""

import datetime as dt
import hashlib
import re
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils import timezone

from imiconnect.apps.policy import MAX_EXPIRY_SECONDS
from imiconnect.callback_urls import checked_url
from imiconnect.rtm import conditions
from imiconnect.rtm.intake import media, templates
from imiconnect.rtm.intake.answers import (
    INVALID_JSON,
    TOO_MANY_DESTINATIONS,
    Refusal,
    invalid,
    missing,
)
from imiconnect.rtm.intake.media import Medium
from imiconnect.rtm.protocol import clock
from imiconnect.rtm.protocol.depth import TOO_DEEP, is_too_deep
from imiconnect.rtm.protocol.topics import name_problem
from imiconnect.rtm.sql import NIL

MAX_DESTINATIONS = 1000
MAX_CORRELATION_BYTES = 50
MAX_CALLBACK_DATA = 4096
MAX_ID = 128
#: Known to the documentation, of other channels or of a later version.
_OTHER_TYPES = {
    "topic": "A topic is a destination of the channel rt alone.",
    "segment": "A segment is a destination of the channel rt alone.",
}
_APP_ID = re.compile(r"[A-Z]{2}[0-9]{8}")


class Body(msgspec.Struct, kw_only=True):
    """What the request may have; all of it is optional here, so that 7003 names the first."""

    deliverychannel: str = ""
    appid: str = ""
    destination: list[dict[str, Any]] | None = None
    channels: dict[str, Any] | None = None
    message: Any = None
    expiry: str = ""
    priority: int | str = 2
    correlationid: str = ""
    notifyurl: str = ""
    callback_data: str = msgspec.field(default="", name="callbackData")
    thread: str | dict[str, Any] | None = None
    stream: str = ""
    conditions: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Destination:
    """One addressee: the type of its id, the id, and the correlation id of its receipts."""

    kind: str
    id: str
    correlation_id: str


@dataclass
class Order:
    """A request that is right in itself; whether it may be sent is asked of the database.

    ``key_digest`` or ``service_id`` says which service sends. ``answers`` has the
    correlation id of each destination object, in order. ``app_id`` is empty on a medium
    that needs no app.
    """

    medium: Medium
    app_id: str
    destinations: list[Destination]
    answers: list[str]
    #: Of one that names a template: what goes with it, until it is accepted.
    payload: dict[str, Any]
    template: templates.Call | None = None
    expires_at: dt.datetime | None = None
    priority: int = 2
    callback_data: str = ""
    notify_url: str = ""
    thread_id: uuid.UUID | None = None
    stream: str = ""
    key_digest: str = ""
    #: Where the request with that key came from.
    source: str | None = None
    service_id: uuid.UUID | None = None
    idempotency_key: str = ""
    body_digest: bytes = b""
    received_at: dt.datetime = field(default_factory=timezone.now)
    #: Given when the order is accepted.
    transid: uuid.UUID = NIL
    #: Whether it was accepted before, under its idempotency key.
    is_repeat: bool = False

    @property
    def queues(self) -> set[str]:
        """The queues in which something is due once the order is accepted."""
        spread = any(target.kind in ("topic", "segment") for target in self.destinations)
        return {self.medium.lane, *(["fanout"] if spread else [])}


_decoder = msgspec.json.Decoder(Body)


def decode(raw: bytes) -> Body:
    """Return the decoded body; raises ``Refusal`` 7000 for what is no JSON, 7004 for types."""
    try:
        body = _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise invalid(f"The body is not as documented: {error}.") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        kind = "too deep" if isinstance(error, RecursionError) else "not valid JSON in UTF-8"
        raise Refusal(INVALID_JSON, f"The body is {kind}.") from None
    # Of a destination only texts are taken, so up to a thousand of them need not be walked.
    if is_too_deep(raw, [body.channels, body.message, body.thread, body.conditions]):
        raise invalid(TOO_DEEP)
    if b"\\u0000" in raw and _has_nul(msgspec.json.decode(raw)):
        raise invalid("The body has the character U+0000, which no text may have.")
    return body


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


def parse(raw: bytes, *, now: dt.datetime) -> Order:
    """Return the order in a body; raises ``Refusal`` with the documented code."""
    body = decode(raw)
    if not body.deliverychannel:
        raise missing("deliverychannel")
    medium = media.named(body.deliverychannel)
    if medium.needs_app and not body.appid:
        raise missing("appid")
    if not body.destination:
        raise missing("destination")
    destinations, answers = _destinations(body, medium)
    template = None
    if body.message is not None:
        template = templates.parsed(body.message, medium, body.channels)
    elif not body.channels:
        raise missing("channels")
    return Order(
        medium=medium,
        app_id=body.appid if medium.needs_app and _APP_ID.fullmatch(body.appid) else "",
        destinations=destinations,
        answers=answers,
        payload=({} if template else medium.payload(body.channels or {}))
        | _conditions(body.conditions),
        template=template,
        expires_at=_expiry(body.expiry, now),
        priority=_priority(body.priority),
        callback_data=_at_most(body.callback_data, MAX_CALLBACK_DATA, "callbackData"),
        notify_url=_notify_url(body.notifyurl) if body.notifyurl else "",
        thread_id=_thread(body.thread),
        stream=_at_most(body.stream, 100, "stream"),
        body_digest=hashlib.sha256(raw).digest(),
        received_at=now,
    )


def _destinations(body: Body, medium: Medium) -> tuple[list[Destination], list[str]]:
    found: list[Destination] = []
    answers: list[str] = []
    outer = _correlation(body.correlationid)
    for number, entry in enumerate(body.destination or ()):
        own = entry.get("correlationid", "")
        if not isinstance(own, str):
            raise invalid(f"destination[{number}].correlationid is not a text.")
        correlation = _correlation(own) or outer
        kinds = [key for key in entry if key != "correlationid"]
        if len(kinds) != 1:
            raise invalid(f"destination[{number}] needs exactly one kind of identifier.")
        ids = _ids(number, kinds[0], entry[kinds[0]], medium)
        found += [Destination(kinds[0], item, correlation) for item in ids]
        answers.append(correlation)
        check_count(len(found))
    return found, answers


def check_count(count: int) -> None:
    """Raise ``Refusal`` 7009 for more destinations than a request may have."""
    if count > MAX_DESTINATIONS:
        raise Refusal(TOO_MANY_DESTINATIONS, "The request has over 1,000 destinations.")


def rtm_name(kind: str, name: str, where: str) -> str:
    """Return an id that a user or device can have; raises ``Refusal`` 7004 for another."""
    if problem := _name_problem(name):
        raise invalid(f"{where}: an identifier {problem}.")
    return name


def _ids(number: int, kind: str, ids: Any, medium: Medium) -> list[str]:
    where = f"destination[{number}].{kind}"[:100]
    if kind not in medium.id_types:
        raise invalid(_OTHER_TYPES.get(kind, f"{where} is not an identifier of this channel."))
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise invalid(f"{where} is not a list of texts.")
    if not ids:
        raise missing(where)
    return [medium.address(kind, item, where) for item in ids]


@lru_cache(maxsize=65_536)
def _name_problem(name: str) -> str | None:
    return name_problem(name)


def _conditions(raw: list[dict[str, Any]] | None) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        return {conditions.FIELD: conditions.parse(raw)}
    except ValueError as error:
        raise invalid(str(error)) from None


def _expiry(text: str, now: dt.datetime) -> dt.datetime | None:
    if not text:
        return None
    moment = clock.parse(text) if re.search(r"([Zz]|[+-]\d\d:?\d\d)$", text) else None
    if moment is None:
        raise invalid("expiry is not a date with time and zone, like 2030-01-31T12:00:00Z.")
    if moment <= now:
        raise invalid("expiry is in the past.")
    if moment > now + dt.timedelta(seconds=MAX_EXPIRY_SECONDS):
        raise invalid("expiry is more than 28 days ahead.")
    return moment


def _priority(value: int | str) -> int:
    if str(value) not in ("1", "2", "3"):
        raise invalid("priority is not 1 (low), 2 (medium) or 3 (high).")
    return int(value)


def _correlation(text: str) -> str:
    if len(text.encode()) > MAX_CORRELATION_BYTES:
        raise invalid("correlationid is longer than 50 bytes.")
    return text


def _at_most(text: str, length: int, name: str) -> str:
    if len(text) > length:
        raise invalid(f"{name} is longer than {length} characters.")
    return text


@lru_cache(maxsize=4096)
def _notify_url(url: str) -> str:
    try:
        return checked_url(url, field="notifyurl")
    except ValidationError as error:
        raise invalid(f"notifyurl: {error.messages[0]}") from None


def _thread(value: str | dict[str, Any] | None) -> uuid.UUID | None:
    if value is None:
        return None
    text = value.get("id") if isinstance(value, dict) else value
    try:
        return uuid.UUID(str(text))
    except ValueError:
        raise invalid("thread is not the id of a thread.") from None
