"""MT: claim what is due, hand it to the broker or a channel's handler, record each try."""

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any

from django.utils import timezone

from imiconnect.rtm import live
from imiconnect.rtm.breaker import guarded
from imiconnect.rtm.conditions import FIELD, Subject, left_out
from imiconnect.rtm.lanes import MT, OTT
from imiconnect.rtm.outcomes import (
    APP_NOT_SHARED,
    NO_HANDLER,
    NO_PROFILE,
    Dispatched,
    Expired,
    Failed,
    Outcome,
    decide,
)
from imiconnect.rtm.processors import facts
from imiconnect.rtm.processors.claims import Claim, claim_due, load
from imiconnect.rtm.processors.recording import Try, record
from imiconnect.rtm.protocol.envelopes import ThreadFacts, Told
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.routes import ROUTES, Parcel

BATCH = 500


def process_due(*, limit: int = BATCH, now: dt.datetime | None = None, lane: str = MT) -> int:
    """Send a batch of a lane's due messages; return how many were claimed.

    Claiming, sending and recording are separate: nothing is sent inside a transaction, and a
    crash between claim and record means that the message goes out again after the lease.
    """
    started = now or timezone.now()
    claims = claim_due(limit, started, lane)
    if not claims:
        return 0
    rows = load(claims)
    pairs, threads = facts.read(
        [(row[2], row[3]) for row in rows.values()],
        [(row[12], row[16]) for row in rows.values()],
    )
    skipped = left_out(_with_conditions(rows))
    outcomes: dict[uuid.UUID, tuple[str, Outcome]] = {}
    parcels: dict[str, list[Parcel]] = defaultdict(list)
    for claim in claims:
        row = rows.get(claim.id)
        if row is None or row[17] not in (State.QUEUED, State.SUBMITTED):
            continue
        pair = pairs.get((row[2], row[3]))
        outcome = _without_sending(claim, pair, started)
        if outcome is None and claim.id in skipped:
            outcome = Failed(skipped[claim.id])
        if outcome is not None or pair is None:
            outcomes[claim.id] = ("", outcome or Failed(APP_NOT_SHARED))
            continue
        parcels[row[5]].append(_parcel(claim, row, pair, threads.get(row[12])))
    outcomes |= _send(parcels, lane)
    _record(claims, rows, pairs, outcomes, started)
    return len(claims)


def wake(app_id: uuid.UUID, user_id: str) -> None:
    """Send what is open for a user again, since a device of theirs has just connected.

    ``app_id`` is the app's primary key. See ``retry.schedule_wake`` for when.
    """
    from imiconnect.rtm.processors.retry import schedule_wake

    schedule_wake(app_id, user_id)


def _without_sending(claim: Claim, pair: facts.Pair | None, now: dt.datetime) -> Outcome | None:
    """Return the outcome of a message that is not to be sent at all."""
    if claim.expires_at <= now:
        return Expired()
    if pair is None:
        return Failed(APP_NOT_SHARED)
    if pair.obstacle:
        return Failed(pair.obstacle)
    return None if claim.address else Failed(NO_PROFILE)


def _with_conditions(rows: dict[uuid.UUID, tuple[Any, ...]]) -> list[Subject]:
    """Return the messages that have conditions and were not handed over before."""
    return [
        Subject(row[0], row[1], row[3], row[6], row[7], row[8], row[13][FIELD])
        for row in rows.values()
        if row[15] is None and FIELD in row[13]
    ]


def _parcel(
    claim: Claim, row: tuple[Any, ...], pair: facts.Pair, thread: ThreadFacts | None
) -> Parcel:
    told = Told(*row[:12])
    device_id = told.named or "" if told.address_type == "deviceid" else ""
    return Parcel(claim, told, pair, thread, row[13], row[16], device_id)


def _send(parcels: dict[str, list[Parcel]], lane: str) -> dict[uuid.UUID, tuple[str, Outcome]]:
    done: dict[uuid.UUID, tuple[str, Outcome]] = {}
    for channel, batch in parcels.items():
        entry = ROUTES.get(channel)
        if entry is None:
            done |= {parcel.claim.id: ("", Failed(NO_HANDLER)) for parcel in batch}
            continue
        name, send = entry
        if lane == OTT:
            send = guarded(send)
        for parcel, outcome in zip(batch, send(batch), strict=True):
            done[parcel.claim.id] = (name, outcome)
    return done


def _record(
    claims: list[Claim],
    rows: dict[uuid.UUID, tuple[Any, ...]],
    pairs: dict[tuple[uuid.UUID, uuid.UUID | None], facts.Pair],
    outcomes: dict[uuid.UUID, tuple[str, Outcome]],
    started: dt.datetime,
) -> None:
    finished = timezone.now()
    tries = []
    for claim in claims:
        if claim.id not in outcomes:
            continue
        route, outcome = outcomes[claim.id]
        row = rows[claim.id]
        pair = pairs.get((row[2], row[3]))
        policy = pair.policy if pair else facts.DEFAULT_POLICY
        move = decide(outcome, failures=claim.failures, policy=policy, now=finished)
        sent = outcome if isinstance(outcome, Dispatched) else None
        tries.append(
            Try(claim, Told(*row[:12]), row[14] + 1, row[15] is None, route, move, sent)
        )
    closed = [claim.id for claim in claims if claim.id not in outcomes]
    changed = record(tries, closed, started=started, finished=finished)
    live.tell(changed=changed)
