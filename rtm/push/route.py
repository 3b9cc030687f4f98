"""The route of the medium push: all devices of a destination, one outcome."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.models import App
from imiconnect.apps.push import health as push_health
from imiconnect.apps.push.clients.outcomes import (
    Problem,
    PushError,
    Taken,
)
from imiconnect.apps.push.credentials import Credentials
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.rtm.models import PushAddress
from imiconnect.rtm.outcomes import Dispatched, Failed, Outcome, Postponed, Reason, RetryAt
from imiconnect.rtm.push import addresses
from imiconnect.rtm.push.content import MAX_TTL
from imiconnect.rtm.push.payloads import Note
from imiconnect.rtm.push.sending import Result, Sending, pusher
from imiconnect.rtm.routes import Parcel

NOBODY = Reason(7105, _("No device of the destination takes push."))
NOT_CONFIGURED = Reason(7202, _("Push is not configured for the platform of the device."))
NO_TEXT = Reason(7004, _("The request has no text for the platform of the device."))
#: The wait of a message whose batch was full.
_TURN_SECONDS = 1.0
#: Documented codes are those of SMS; the tables of push were never found (section 14).
_CODES = {
    Problem.GONE: 7203,
    Problem.FOREIGN: 7203,
    Problem.CONTENT: 7004,
    Problem.TOO_LARGE: 7004,
}


@dataclass(frozen=True)
class Order:
    """One message for push: what it says, to whom, until when (a Unix time)."""

    tid: uuid.UUID
    app: uuid.UUID
    kind: str
    name: str
    push: dict[str, Any]
    expires_at: float


def send_by_push(parcels: list[Parcel]) -> list[Outcome]:
    """Send each parcel to every device of its destination."""
    return send(
        [
            Order(
                tid=parcel.claim.id,
                app=parcel.claim.app_id,
                kind=parcel.told.address_type,
                name=parcel.told.address,
                push=parcel.payload.get("push") or {},
                expires_at=parcel.claim.expires_at.timestamp(),
            )
            for parcel in parcels
        ]
    )


def send(orders: Sequence[Order]) -> list[Outcome]:
    """Send each order to every device of its destination; return the outcomes in order."""
    apps = {app.pk: app for app in App.objects.filter(pk__in={order.app for order in orders})}
    configured = {key: secrets_of(app).push for key, app in apps.items()}
    found = addresses.find((order.app, order.kind, order.name) for order in orders)
    sendings: list[tuple[int, PushAddress, Sending]] = []
    reasons: dict[int, Reason] = {}
    now = timezone.now().timestamp()
    for number, order in enumerate(orders):
        rows = found.get((order.app, order.kind, order.name), [])
        reasons[number] = NOBODY
        for row in rows:
            part = order.push.get(row.platform)
            credentials = configured.get(order.app, {}).get(row.platform)
            if not part or credentials is None:
                reasons[number] = NOT_CONFIGURED if part else NO_TEXT
                continue
            item = _sending(order, apps[order.app], row, credentials, now)
            sendings.append((number, row, item))
    results = pusher().send([item for _, _, item in sendings]) if sendings else []
    by_order: dict[int, list[Result | None]] = {}
    dead = []
    for (number, row, _item), result in zip(sendings, results, strict=True):
        by_order.setdefault(number, []).append(result)
        # A foreign address may be no fault of its own: the credentials may name another app.
        if isinstance(result, PushError) and result.problem is Problem.GONE:
            dead.append((row.pk, f"gone: {result.reason}", result.since))
    addresses.quarantine(dead)
    push_health.note(
        push_health.Told(row.app_id, row.platform, result, row.pk)
        for (_number, row, _item), result in zip(sendings, results, strict=True)
        if result is not None
    )
    return [
        _outcome(by_order.get(number, []), reasons[number]) for number in range(len(orders))
    ]


def _sending(
    order: Order, app: App, row: PushAddress, credentials: Credentials, now: float
) -> Sending:
    ttl = max(0, min(int(order.expires_at - now), MAX_TTL))
    note = Note(
        tid=str(order.tid),
        app_id=app.app_id,
        part=order.push[row.platform],
        ttl=ttl,
        expires_at=int(now) + ttl,
    )
    return Sending(note, credentials, row.platform, row.address)


def _outcome(results: list[Result | None], otherwise: Reason) -> Outcome:
    """Return the one outcome: taken by one device is enough; else the best hope counts.

    None stands for a device that had no place in its batch, which is a hope, too.
    """
    if not results:
        return Failed(otherwise)
    taken = [result for result in results if isinstance(result, Taken)]
    errors = [result for result in results if isinstance(result, PushError)]
    detail = {"devices": len(results), "taken": len(taken)}
    if errors:
        detail["refused"] = [error.problem.name.lower() for error in errors]  # type: ignore[assignment]
    if taken:
        return Dispatched(detail)
    if not errors:
        return Postponed(_TURN_SECONDS)
    hopeful = [error for error in errors if error.problem.retryable]
    if None in results:
        hopeful.append(PushError(Problem.UNAVAILABLE))
    if hopeful:
        after = max((error.after or 0.0) for error in hopeful) or None
        return RetryAt(reason_of(hopeful[0]), after)
    return Failed(reason_of(errors[0]))


def reason_of(error: PushError) -> Reason:
    """Return a push service's answer as the reason of a failed try."""
    problem = error.problem
    return Reason(_CODES.get(problem, 7202), str(problem.words), retryable=problem.retryable)
