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
from imiconnect.rtm.media.addresses import renewed
from imiconnect.rtm.outcomes import (
    APP_NOT_SHARED,
    NO_HANDLER,
    NO_PROFILE,
    Dispatched,
    Expired,
    Failed,
    Outcome,
    Postponed,
    decide,
)
from imiconnect.rtm.processors import facts
from imiconnect.rtm.processors.claims import Claim, load, take
from imiconnect.rtm.processors.recording import Try, record
from imiconnect.rtm.protocol.envelopes import DELETED, ThreadFacts, Told
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.routes import ROUTES, Parcel

BATCH = 500


def process_due(*, limit: int = BATCH, now: dt.datetime | None = None, lane: str = MT) -> int:
    """Send a batch of a lane's due messages; return how many were claimed.

    Claiming, sending and recording are separate: nothing is sent inside a transaction, and a
    crash between claim and record means that the message goes out again after the lease.
    """
    started = now or timezone.now()
    taken = take(limit, started, lane)
    if not len(taken):
        return 0
    claims, rows = load(taken)
    pairs, threads = facts.read(
        [(row[2], row[3]) for row in rows.values()],
        [(row[12], row[16]) for row in rows.values()],
    )
    tolds = {key: Told(*row[:12]) for key, row in rows.items()}
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
        if outcome is None and DELETED in row[13]:
            # The user wants it no more. A receipt that is under way still counts.
            outcome = Postponed((claim.expires_at - started).total_seconds())
        if outcome is not None or pair is None:
            outcomes[claim.id] = ("", outcome or Failed(APP_NOT_SHARED))
            continue
        parcels[row[5]].append(_parcel(claim, tolds[claim.id], row, pair, threads))
    outcomes |= _send(parcels, lane)
    finished = timezone.now()
    tries = [
        _try(claim, tolds[claim.id], rows[claim.id], pairs, outcomes[claim.id], finished)
        for claim in claims
        if claim.id in outcomes
    ]
    closed = [claim.id for claim in claims if claim.id not in outcomes]
    done = record(tries, closed, taken.batches, started=started, finished=finished)
    live.tell(changed=done)
    return len(taken)


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
    claim: Claim,
    told: Told,
    row: tuple[Any, ...],
    pair: facts.Pair,
    threads: dict[uuid.UUID, ThreadFacts],
) -> Parcel:
    device_id = told.named or "" if told.address_type == "deviceid" else ""
    thread, is_first = threads.get(row[12]), row[15] is None
    payload = renewed(pair.app_id, row[13])
    return Parcel(claim, told, pair, thread, payload, row[16], device_id, is_first)


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


def _try(
    claim: Claim,
    told: Told,
    row: tuple[Any, ...],
    pairs: dict[facts.Key, facts.Pair],
    came_out: tuple[str, Outcome],
    now: dt.datetime,
) -> Try:
    route, outcome = came_out
    pair = pairs.get((row[2], row[3]))
    policy = pair.policy if pair else facts.DEFAULT_POLICY
    move = decide(outcome, failures=claim.failures, policy=policy, now=now)
    sent = outcome if isinstance(outcome, Dispatched) else None
    return Try(claim, told, row[14] + 1, row[15] is None, route, move, sent)
