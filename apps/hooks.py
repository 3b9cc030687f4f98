"""Webhooks of providers: verified on the raw bytes, stored, answered; then worked through.

``receive`` is what a provider waits for: it checks the signature and writes one row. The
rows are parsed in the background; what is in them goes to the gateway in the transaction
that marks them done, so that an event is taken exactly once however often it was told. Then
the row keeps the digest alone: what customers write is in the log, where it can be erased.
"""

import datetime as dt
import hashlib
import logging
from collections import defaultdict

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from imiconnect.apps import hook_files
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.events import Event
from imiconnect.apps.channel_types.handler import HookAnswer, HookRequest
from imiconnect.apps.connection import account_of
from imiconnect.apps.models import App, HookEvent
from imiconnect.apps.nudge import nudge
from imiconnect.apps.ports import answers

log = logging.getLogger(__name__)

BATCH = 100
#: How long a row is kept, so that a repetition is known; providers repeat for two days at most.
KEEP = dt.timedelta(days=7)
#: A row that cannot be read is tried this often, with growing pauses: a release may mend it.
TRIES = 8
_WORKED_ON = (
    "events", "due_at", "problem", "attempts", "body", "query", "files", "some_files",
)  # fmt: skip
#: How long a nonce is known: longer than any signature is good.
NONCE_SECONDS = 900
REFUSED = HookAnswer(b"The signature is missing or wrong.", status=403)
UNKNOWN = HookAnswer(b"There is no such webhook.", status=404)


def receive(channel_type: str, app_id: str, request: HookRequest) -> HookAnswer:
    """Take one call of a webhook; ``app_id`` is empty at the one that serves all apps.

    A call that is not signed is refused and leaves no row.
    """
    handler = registry.handler(channel_type)
    if handler is None:
        return UNKNOWN
    app = (
        App.objects.filter(channel_type=channel_type, app_id=app_id).first() if app_id else None
    )
    if app_id and app is None:
        return UNKNOWN
    try:
        account = account_of(app, handler) if app else None
    except ChannelError:
        return UNKNOWN
    if request.method == "GET":
        return handler.greet(account, request) or REFUSED
    if not handler.verify(account, request):
        log.warning("A webhook call for %s %s had no valid signature.", channel_type, app_id)
        return REFUSED
    nonce = handler.nonce_of(request)
    if nonce and not _is_its_own(f"{channel_type}.{app_id}.{nonce}", request.body):
        log.warning("A webhook call for %s %s repeats a nonce.", channel_type, app_id)
        return REFUSED
    read = ("content-type", *handler.headers)
    headers = {name: request.headers[name] for name in read if name in request.headers}
    if _store(channel_type, app, request, headers):
        nudge("hooks")
    return handler.answer(account, request)


def _is_its_own(nonce: str, body: bytes) -> bool:
    """Tell whether a nonce is new, or was used for this body: a provider repeats itself."""
    key = f"hooks.nonce.{hashlib.sha256(nonce.encode()).hexdigest()}"
    digest = hashlib.sha256(body).hexdigest()
    return cache.add(key, digest, NONCE_SECONDS) or cache.get(key) == digest


def _store(
    channel_type: str, app: App | None, request: HookRequest, headers: dict[str, str]
) -> bool:
    """Write the call down, committed; False when the same one is there already."""
    content = repr(sorted(request.query.items())).encode() if not request.body else b""
    try:
        with transaction.atomic():
            HookEvent.objects.create(
                channel_type=channel_type,
                app=app,
                digest=hashlib.sha256(request.body + content).hexdigest(),
                query=dict(request.query),
                headers=headers,
                body=request.body,
            )
    except IntegrityError:
        return False
    return True


def work_through(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Parse a batch of stored calls and hand their events on; return how many were taken.

    Files are fetched last: a provider whose store hangs holds up no call without one.
    """
    moment = now or timezone.now()
    taken = _take_due(limit, moment)
    if hook_files.fetch_all(limit=limit, now=moment):
        taken += _take_due(limit, moment)
    return taken


def _take_due(limit: int, moment: dt.datetime) -> int:
    with transaction.atomic():
        rows = list(
            HookEvent.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(due_at__lte=moment)
            .exclude(hook_files.waiting())
            .select_related("app")
            .order_by("due_at", "pk")[:limit]
        )
        for row in rows:
            _work_on(row, moment)
    return len(rows)


def _work_on(row: HookEvent, now: dt.datetime) -> None:
    try:
        with transaction.atomic():
            row.events = _hand_on(row)
            row.due_at, row.problem = None, ""
            row.body, row.query, row.files, row.some_files = b"", {}, None, None
    except Exception as error:  # one call that cannot be read must not hold up the others
        row.attempts += 1
        row.problem = f"{type(error).__name__}: {error}"[:500]
        pause = dt.timedelta(seconds=min(4**row.attempts, 3600))
        row.due_at = now + pause if row.attempts < TRIES else None
        log.exception("A webhook event of %s could not be taken", row.channel_type)
    row.save(update_fields=_WORKED_ON)


def _hand_on(row: HookEvent) -> int:
    handler = registry.handler(row.channel_type)
    if handler is None:
        return 0
    account = account_of(row.app, handler) if row.app else None
    request = HookRequest("POST", row.query, row.headers, bytes(row.body))
    events = hook_files.with_files(handler, handler.parse(account, request), row.files or {})
    by_account: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_account[event.account].append(event)
    if row.app:
        _take(row.app, [event for event in events if event.account in ("", row.app.account)])
        return len(events)
    found = App.objects.filter(
        channel_type=row.channel_type, account__in=set(by_account) - {""}
    )
    for app in found:
        _take(app, by_account[app.account])
    return len(events)


def _take(app: App, events: list[Event]) -> None:
    if events:
        for take in answers.take_events:
            take(app, events)


def forget_old(*, now: dt.datetime | None = None) -> int:
    """Delete what is worked through and older than a week; return how many rows."""
    moment = now or timezone.now()
    old = HookEvent.objects.filter(received_at__lt=moment - KEEP, due_at__isnull=True)
    return int(old.delete()[0])
