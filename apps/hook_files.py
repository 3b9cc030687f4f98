"""Files that customers have sent and the provider keeps: fetched before the event is told.

No network is used inside a transaction, so this comes before the calls are worked through. A
file that does not come after a few tries is left out: its message is worth more than it. One
for which the app has no room is named in its message as such.
"""

import datetime as dt
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import NO_ROOM, Attachment, Event, Incoming
from imiconnect.apps.channel_types.handler import Account, Handler, HookRequest
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App, HookEvent
from imiconnect.apps.ports import NoRoom, answers

log = logging.getLogger(__name__)

#: A file is tried this often, with growing pauses, before its message goes without it.
TRIES = 4
#: Seconds that a provider may ask to wait for a file: its message waits as long.
_LONGEST_PAUSE = 600.0
#: How long one worker has a call of which it fetches a file.
_CLAIM = dt.timedelta(seconds=60)
#: Calls that come meanwhile wait for these: the rest of the files comes in the next run.
_AT_MOST_SECONDS = 5.0


class _Later(Exception):
    """The provider may have the file in a moment; ``after`` seconds, where it says so."""

    def __init__(self, after: float) -> None:
        super().__init__(after)
        self.after = after


def waiting() -> Q:
    """Return the condition of calls whose files are still to be fetched."""
    slugs = [kind.slug for kind in registry.all_types() if _fetches(kind.slug)]
    return Q(channel_type__in=slugs, files__isnull=True)


def fetch_all(*, limit: int, now: dt.datetime) -> int:
    """Fetch the files of calls that are due; return how many calls wait for none any more."""
    rows = HookEvent.objects.filter(waiting(), due_at__lte=now).select_related("app")
    until = time.monotonic() + _AT_MOST_SECONDS
    done = 0
    for row in rows.order_by("due_at", "pk")[:limit]:
        if time.monotonic() > until:
            break
        # Another worker may have taken it since, or this one may die with it.
        mine = HookEvent.objects.filter(pk=row.pk, due_at=row.due_at, files__isnull=True)
        if mine.update(due_at=now + _CLAIM):
            done += _fetch_of(row, now)
    return done


def with_files(
    handler: Handler[Any, Any], events: Iterable[Event], files: Mapping[str, str]
) -> list[Event]:
    """Return the events with what was fetched: contents, and addresses of the platform."""
    return [
        _completed(handler, event, files) if isinstance(event, Incoming) else event
        for event in events
    ]


def _completed(
    handler: Handler[Any, Any], event: Incoming, files: Mapping[str, str]
) -> Incoming:
    if content := files.get(event.at_provider.get("id", "")):
        event = handler.completed(event, content)
    parts = tuple(_addressed(part, files) for part in event.attachments)
    return replace(event, attachments=parts, at_provider={})


def _addressed(part: Attachment, files: Mapping[str, str]) -> Attachment:
    if not part.at_provider:
        return part
    found = files.get(part.at_provider["id"], "")
    if found == NO_ROOM:
        return replace(part, at_provider={}, missing=NO_ROOM)
    return replace(part, url=found or part.url, at_provider={})


def _fetches(slug: str) -> bool:
    handler = registry.handler(slug)
    return handler is not None and handler.fetches


def _fetch_of(row: HookEvent, now: dt.datetime) -> bool:
    """Fetch the files of a call; tell whether it waits for none any more.

    What has come is written down at once: one that comes later does not make it come again.
    """
    files: dict[str, str] = dict(row.some_files or {})
    rows = HookEvent.objects.filter(pk=row.pk, files__isnull=True)
    try:
        for wanted in _wanted(row):
            if (named := wanted.at_provider["id"]) not in files:
                files[named] = _fetched(wanted, is_last=row.attempts + 1 >= TRIES)
                rows.update(some_files=files, due_at=timezone.now() + _CLAIM)
    except _Later as later:
        seconds = max(4.0**row.attempts, min(later.after, _LONGEST_PAUSE))
        pause = dt.timedelta(seconds=seconds)
        rows.update(attempts=row.attempts + 1, due_at=timezone.now() + pause)
        return False
    except Exception:  # what cannot be read is told when the call itself is worked through
        log.exception("The files of a webhook event of %s were not read", row.channel_type)
    return bool(rows.update(files=files, due_at=now))


@dataclass(frozen=True)
class _Wanted:
    """What is to be fetched for an app: a file from ``address``, or with no type a content."""

    app: App
    address: str
    at_provider: Mapping[str, str]
    content_type: str = ""


def _wanted(row: HookEvent) -> list[_Wanted]:
    handler = registry.handler(row.channel_type)
    if handler is None:
        return []
    own = account_of(row.app, handler) if row.app else None
    request = HookRequest("POST", row.query, row.headers, bytes(row.body))
    found = []
    for event in handler.parse(own, request):
        if not isinstance(event, Incoming):
            continue
        # What tells no type tells at least that it is an image, and more is not believed.
        kept = [(event.at_provider, "")] + [
            (part.at_provider, part.content_type or f"{part.kind}/*")
            for part in event.attachments
        ]
        asked = [pair for pair in kept if pair[0]]
        if asked and (app := row.app or _app_of(row.channel_type, event.account)):
            found += [_Wanted(app, event.address, *pair) for pair in asked]
    return found


def _app_of(slug: str, account: str) -> App | None:
    return App.objects.filter(channel_type=slug, account=account).first()


def _fetched(wanted: _Wanted, *, is_last: bool) -> str:
    """Return the address of a file, or a content; empty where it does not come.

    Where there is no room for a file, ``NO_ROOM`` stands for its address.
    """
    app = wanted.app
    handler: Handler[Any, Any] | None = registry.handler(app.channel_type)
    assert handler is not None  # noqa: S101 - it has parsed the call
    account: Account[Any, Any] = account_of(app, handler)
    try:
        data = handler.fetch(account, wanted.at_provider)
        if not wanted.content_type:
            return data.decode()
        return answers.keep_file(app, wanted.address, data, wanted.content_type)
    except ChannelError as error:
        if error.outcome.retryable and not is_last:
            raise _Later(error.after or 0.0) from None
        log.warning("A file for the app %s was not fetched: %s", app.app_id, error)
    except NoRoom:
        return NO_ROOM
    except ValueError as error:
        log.warning("A file for the app %s was not taken: %s", app.app_id, error)
    return ""
