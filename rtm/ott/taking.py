"""What providers tell, into the gateway's inboxes: messages, receipts, and who was heard."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.events import (
    Event,
    Incoming,
    Opens,
    OptIn,
    OptOut,
    Postback,
    Referral,
    Status,
    StatusKind,
)
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.masking import MASK
from imiconnect.rtm.models import Receipt
from imiconnect.rtm.onboarding.steps import onboard
from imiconnect.rtm.ott import profiles
from imiconnect.rtm.processors import watermarks
from imiconnect.rtm.processors.provider import ProviderNews, note
from imiconnect.rtm.processors.watermarks import Until
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in

_KINDS = {
    StatusKind.DELIVERED: Receipt.Kind.DELIVERED,
    StatusKind.READ: Receipt.Kind.READ,
    StatusKind.FAILED: Receipt.Kind.FAILED,
}
#: A statement, when who did something, and its values before and after those.
_Write = tuple[str, list[tuple[str, dt.datetime]], list[Any], list[Any]]
_HEARD = """
INSERT INTO rtm_contact (id, app_id, address, last_in_at, profile, profile_due_at, created_at)
SELECT u.id, %s, u.address, u.at, '{}'::jsonb, CASE WHEN %s THEN now() END, now()
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) u (id, address, at)
ON CONFLICT (app_id, address) DO UPDATE
  SET last_in_at = greatest(rtm_contact.last_in_at, excluded.last_in_at),
  window_sent = CASE WHEN rtm_contact.last_in_at >= excluded.last_in_at
    THEN rtm_contact.window_sent ELSE 0 END,
  closed_at = CASE WHEN rtm_contact.closed_at > excluded.last_in_at
    THEN rtm_contact.closed_at END
"""

_BRIEFLY = """
INSERT INTO rtm_contact (id, app_id, address, brief_ends_at, brief_left, profile, created_at)
SELECT u.id, %s, u.address, u.at + make_interval(secs => %s), %s, '{}'::jsonb, now()
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) u (id, address, at)
ON CONFLICT (app_id, address) DO UPDATE
  SET brief_ends_at = greatest(rtm_contact.brief_ends_at, excluded.brief_ends_at),
  brief_left = CASE WHEN rtm_contact.brief_ends_at >= excluded.brief_ends_at
    THEN rtm_contact.brief_left ELSE excluded.brief_left END,
  closed_at = CASE
    WHEN rtm_contact.closed_at > excluded.brief_ends_at - make_interval(secs => %s)
    THEN rtm_contact.closed_at END
"""

# An act that is told late closes nothing: they have come back since.
_CLOSED = """
INSERT INTO rtm_contact (id, app_id, address, closed_at, profile, created_at)
SELECT u.id, %s, u.address, u.at, '{}'::jsonb, now()
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) u (id, address, at)
ON CONFLICT (app_id, address) DO UPDATE
  SET closed_at = greatest(rtm_contact.closed_at, excluded.closed_at)
  WHERE coalesce(rtm_contact.last_in_at, '-infinity') <= excluded.closed_at
    AND coalesce(rtm_contact.brief_ends_at, '-infinity')
      <= excluded.closed_at + make_interval(secs => %s)
"""


_ABLE = """
UPDATE rtm_contact k SET capabilities = u.told
FROM (SELECT %s::uuid AS app, v.* FROM unnest(%s::text[], %s::jsonb[]) v (address, told)) u
WHERE k.app_id = u.app AND k.address = u.address AND k.capabilities IS DISTINCT FROM u.told
"""


def take(app: App, events: list[Event]) -> None:
    """Take the events of an app; part of the caller's transaction, the same ones may repeat."""
    channel = registry.get(app.channel_type).channel
    _note_heard(app, events)
    codes = onboard(app, events)
    shown = [
        replace(event, text=MASK)
        if isinstance(event, Incoming) and event.provider_id in codes
        else event
        for event in events
    ]
    said = (_message(app, channel, event) for event in shown)
    take_in([message for message in said if message])
    note(channel, str(app.pk), [news for event in events for news in _news(event)])
    told = [until for event in events for until in _until(event)]
    watermarks.note(channel, str(app.pk), app.pk, told)


def _note_heard(app: App, events: Iterable[Event]) -> None:
    """Write down when each customer last acted, which opens the window to answer, or left."""
    kind = registry.get(app.channel_type)
    full = _last_acts(events, Opens.WINDOW)
    brief = _last_acts(events, Opens.BRIEFLY) if kind.brief_seconds else []
    closed, seconds = _closings(events), [kind.brief_seconds]
    tells = profiles.tells_profiles(app)
    writes: tuple[_Write, ...] = (
        (_HEARD, full, [tells], []),
        (_BRIEFLY, brief, [*seconds, kind.brief_messages], seconds),
        (_CLOSED, closed, [], seconds),
    )
    with connection.cursor() as cursor:
        for statement, rows, before, after in writes:
            if rows:
                ids = [uuid7() for _row in rows]
                addresses, times = ([row[place] for row in rows] for place in (0, 1))
                cursor.execute(statement, [app.pk, *before, ids, addresses, times, *after])
        if able := _abilities(events):
            cursor.execute(_ABLE, [app.pk, *map(list, zip(*able, strict=True))])
    if full and tells:
        transaction.on_commit(profiles.ask_for_reading, robust=True)


def _abilities(events: Iterable[Event]) -> list[tuple[str, Jsonb]]:
    """Return what each customer's device can show where told, in the order of addresses."""
    told: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, Incoming) and event.capabilities is not None:
            told[event.address] = sorted(event.capabilities)
    return [(address, Jsonb(words)) for address, words in sorted(told.items())]


def _closings(events: Iterable[Event]) -> list[tuple[str, dt.datetime]]:
    """Return when customers left who have not come back since, in the order of addresses."""
    closed: dict[str, dt.datetime] = {}
    for event in events:
        if event.address and isinstance(event, OptOut):
            closed[event.address] = max(event.at, closed.get(event.address, event.at))
        elif event.address in closed and _is_act(event) and event.at >= closed[event.address]:
            del closed[event.address]
    return sorted(closed.items())


def _is_act(event: Event) -> bool:
    is_known = isinstance(event, Incoming | Postback | OptIn | Referral)
    return is_known and event.opens is not Opens.NOTHING


def _last_acts(events: Iterable[Event], opens: Opens) -> list[tuple[str, dt.datetime]]:
    """Return when each customer last did what opens so much, in the order of addresses."""
    last: dict[str, dt.datetime] = {}
    for event in events:
        if event.address and _is_act(event) and event.opens is opens:
            last[event.address] = max(event.at, last.get(event.address, event.at))
    return sorted(last.items())


def _message(app: App, channel: str, event: Event) -> ProviderMessage | None:
    body = _body(event)
    if body is None or not event.address:
        return None
    return ProviderMessage(
        channel=channel,
        address=event.address,
        body=body,
        provider_id=event.provider_id,
        account=str(app.pk),
        app_id=app.pk,
        at=event.at,
    )


def _body(event: Event) -> dict[str, Any] | None:
    """Return the content of what a customer did, None for what is no act of theirs."""
    if isinstance(event, Incoming):
        return _content(event)
    if isinstance(event, Postback):
        data = {"type": "templatePostback", "title": event.title, "payload": event.payload}
        body = {"message": event.title, "interactiveData": data, "event": "postback"}
        return body | ({"extras": {"ref": event.ref}} if event.ref else {})
    if isinstance(event, OptIn):
        return _told("optin", ref=event.ref, plugin=event.plugin)
    if isinstance(event, Referral):
        return _told("referral", ref=event.ref, source=event.source, type=event.kind)
    if isinstance(event, OptOut):
        return {"message": "", "event": "optout", "extras": {"ref": event.ref}}
    return None


def _told(name: str, *, ref: str, **extras: str) -> dict[str, Any]:
    """Return the content of an act without words."""
    known = {name: value for name, value in extras.items() if value}
    return {"message": "", "event": name, "extras": {"ref": ref, **known}}


def _content(event: Incoming) -> dict[str, Any]:
    body: dict[str, Any] = {"message": event.text}
    if event.attachments:
        body["media"] = [
            {name: value for name, value in _part(item).items() if value not in (None, "")}
            for item in event.attachments
        ]
    if event.payload:
        body["interactiveData"] = {
            "type": "quickReplyPostback",
            "title": event.text,
            "payload": event.payload,
        }
    if event.reply_to:
        body["replyTo"] = event.reply_to
    return body | ({"extras": event.extras} if event.extras else {})


def _part(item: Any) -> dict[str, Any]:
    return {
        "contentType": item.content_type or item.kind,
        "file": item.url,
        "latitude": item.latitude,
        "longitude": item.longitude,
        "missing": item.missing,
    }


def _news(event: Event) -> list[ProviderNews]:
    if not isinstance(event, Status):
        return []
    # Named ones wait for the record of their sending, which may come after this.
    kind = _KINDS[event.kind]
    return [
        ProviderNews(sent, kind, event.code, event.reason, at=event.at)
        for sent in dict.fromkeys(event.sent_ids)
    ]


def _until(event: Event) -> list[Until]:
    if not isinstance(event, Status) or event.watermark is None or not event.address:
        return []
    return [Until(event.address, _KINDS[event.kind], event.watermark)]
