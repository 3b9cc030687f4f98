"""The route of every channel that goes through a provider: one handler call for each message.

The limit of an app is shared by all workers; what waits for it is no try. Calls go several at
once and for a while only, so that a batch ends before its claims do. One table maps the named
ends of a call to outcomes.
"""

import datetime as dt
import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from imiconnect.apps import health
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.errors import UNREADABLE, WINDOW_CLOSED, ChannelError
from imiconnect.apps.channel_types.handler import Account, Handler, OutMessage, Sent
from imiconnect.apps.connection import account_of, redacted, secrets_of
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.numbers.services import throughput
from imiconnect.rtm.models import Contact
from imiconnect.rtm.ott import windows
from imiconnect.rtm.outcomes import (
    APP_NOT_SHARED,
    Dispatched,
    Failed,
    Outcome,
    Postponed,
    Reason,
    RetryAt,
)
from imiconnect.rtm.routes import ROUTES, Parcel

log = logging.getLogger(__name__)

#: Calls at once, and seconds after which none is begun: with the time-outs of the last one a
#: batch stays below the seconds for which its messages are held.
AT_ONCE, SECONDS = 16, 10.0
LEFT = _("They have left the account or closed the conversation.")


@dataclass(frozen=True)
class _Way:
    """An app ready to send."""

    app: App
    handler: Handler[Any, Any]
    account: Account[Any, Any]


@dataclass(frozen=True)
class _Call:
    """A message that may go to its provider now."""

    way: _Way
    message: OutMessage
    place: windows.Place = windows.Place.FREE

    def make(self) -> Sent | ChannelError:
        """Call the provider; nothing here touches the database, for it runs in a thread."""
        try:
            return self.way.handler.send(self.way.account, self.message)
        except ChannelError as error:
            return error
        except Exception as error:  # a fault of a handler costs a message a try, not the batch
            log.exception("The handler of %s failed", self.way.app.channel_type)
            return ChannelError(UNREADABLE, type(error).__name__)


def register() -> None:
    """Route every medium that a channel type declares a request for."""
    for kind in registry.all_types():
        if kind.request:
            ROUTES[kind.channel] = (kind.slug, send_by_handler)


def send_by_handler(parcels: list[Parcel]) -> list[Outcome]:
    """Hand each message to its app's provider; return the outcomes in their order."""
    by_app: dict[uuid.UUID | None, list[Parcel]] = defaultdict(list)
    for parcel in parcels:
        by_app[parcel.told.app_id].append(parcel)
    apps = App.objects.in_bulk([key for key in by_app if key])
    outcomes: dict[uuid.UUID, Outcome] = {}
    calls: list[_Call] = []
    for key, batch in by_app.items():
        app = apps.get(key) if key else None
        way = _way(app) if app else Failed(APP_NOT_SHARED)
        if isinstance(way, _Way):
            calls += _within_limit(way, batch, outcomes)
        else:
            outcomes |= {parcel.claim.id: way for parcel in batch}
    outcomes |= _carried_out(calls)
    return [outcomes[parcel.claim.id] for parcel in parcels]


def _way(app: App) -> _Way | Outcome:
    handler = registry.handler(app.channel_type)
    if handler is None:
        return Failed(APP_NOT_SHARED)
    try:
        return _Way(app, handler, account_of(app, handler))
    except ChannelError as error:
        return outcome_of(error, app)


def _within_limit(
    way: _Way, batch: list[Parcel], outcomes: dict[uuid.UUID, Outcome]
) -> Iterable[_Call]:
    """Yield the calls that the app's limit lets through now; the others wait their turn."""
    own = policy_of(way.app).messages_per_second
    rate = own or registry.get(way.app.channel_type).rate_per_second
    grant = throughput.take(f"app:{way.app.app_id}", rate, len(batch))
    for turn, parcel in enumerate(batch[grant.count :]):
        outcomes[parcel.claim.id] = Postponed(grant.wait_of(turn))
    heard, left, able = _heard_of(way.app, batch[: grant.count])
    brief = windows.briefly_open(way.app, [p.told.address for p in batch[: grant.count]])
    calls: list[_Call] = []
    for parcel in batch[: grant.count]:
        message = OutMessage(
            tid=parcel.claim.id,
            address=parcel.told.address,
            address_type=parcel.told.address_type,
            payload=parcel.payload,
            last_heard_at=heard.get(parcel.told.address),
            capabilities=able.get(parcel.told.address),
        )
        if message.address in left:
            outcomes[parcel.claim.id] = outcome_of(ChannelError(WINDOW_CLOSED, LEFT), way.app)
        elif message.address not in brief and _is_closed(way.handler, message):
            outcomes[parcel.claim.id] = outcome_of(ChannelError(WINDOW_CLOSED), way.app)
        else:
            calls.append(_Call(way, message))
    places = windows.taken(way.app, [call.message.address for call in calls])
    for call, place in zip(calls, places, strict=True):
        if place is not windows.Place.NONE:
            yield replace(call, place=place)
        else:
            outcomes[call.message.tid] = outcome_of(windows.used_up(way.app), way.app)


def _heard_of(
    app: App, batch: list[Parcel]
) -> tuple[dict[str, dt.datetime], set[str], dict[str, frozenset[str]]]:
    """Return when each customer last wrote, who has left and not come back, and what the
    device of each can show.
    """
    rows = Contact.objects.filter(app=app, address__in={p.told.address for p in batch})
    heard: dict[str, dt.datetime] = {}
    left: set[str] = set()
    able: dict[str, frozenset[str]] = {}
    for address, last_in_at, closed_at, capabilities in rows.values_list(
        "address", "last_in_at", "closed_at", "capabilities"
    ):
        if last_in_at is not None:
            heard[address] = last_in_at
        if closed_at is not None:
            left.add(address)
        if capabilities is not None:
            able[address] = frozenset(capabilities)
    return heard, left, able


def _is_closed(handler: Handler[Any, Any], message: OutMessage) -> bool:
    """Tell whether the customer's window is over; of one never heard the provider decides."""
    window = handler.window_of(message.payload)
    if window is None or message.last_heard_at is None:
        return False
    return timezone.now() > message.last_heard_at + window


def _carried_out(calls: list[_Call]) -> dict[uuid.UUID, Outcome]:
    until = time.monotonic() + SECONDS

    def in_time(call: _Call) -> Sent | ChannelError | None:
        return call.make() if time.monotonic() < until else None

    if len(calls) <= 1:
        found = [in_time(call) for call in calls]
    else:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            found = list(threads.map(in_time, calls))
    for call, came in zip(calls, found, strict=True):
        if not isinstance(came, Sent):
            windows.give_back(call.way.app, call.message.address, call.place)
    return {
        call.message.tid: _outcome(call.way.app, came)
        for call, came in zip(calls, found, strict=True)
    }


def _outcome(app: App, came: Sent | ChannelError | None) -> Outcome:
    if came is None:
        return Postponed(1.0)
    if isinstance(came, ChannelError):
        return outcome_of(came, app)
    ids = (came.provider_id,) if came.provider_id else ()
    return Dispatched(
        came.detail,
        provider_ids=ids,
        account=str(app.pk),
        asked_at=came.asked_at,
        is_delivery=came.is_final or not registry.get(app.channel_type).confirms_delivery,
    )


def outcome_of(error: ChannelError, app: App) -> Outcome:
    """Map a named end to what the gateway does; one that breaks the app is kept at the app."""
    outcome = error.outcome
    words = f"{outcome.words} {redacted(error.detail, secrets_of(app))}".strip()
    reason = Reason(outcome.code, words, outcome.retryable)
    if outcome.breaks_app:
        health.note_failure(app=app, error=error)
    return RetryAt(reason, error.after) if outcome.retryable else Failed(reason)
