"""The rows of a link: what it takes to send, and what it learns; each call is one commit.

A part that is claimed belongs to one link for a while. A part without an answer when its
connection dies is sent again: a centre may then have it twice, but never not at all.
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from imiconnect.numbers import ports
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.smpp import pdus, statuses
from imiconnect.numbers.carriers.smpp.pdus import State
from imiconnect.numbers.models import SmppArrival, SmppFragment, SmppLink, SmppPart, SmppReceipt

#: Seconds for which a claimed part is nobody else's.
LEASE = 60
#: A link that has not said so for this long is not bound.
SEEN = dt.timedelta(seconds=15)
#: How long what is finished, or waits for the rest, is kept.
_KEPT, _FRAGMENTS = dt.timedelta(days=1), dt.timedelta(hours=1)
_TRIES, _PAUSE = 5, 5
#: How long after a text came over a connection that died the same one is its repetition.
REPEATS = dt.timedelta(minutes=10)

_CLAIM = """
WITH due AS (
  SELECT id FROM numbers_smpppart
  WHERE account = %s AND state = 0 AND due_at <= %s AND expires_at > %s
    AND (claimed_until IS NULL OR claimed_until <= %s)
  ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE numbers_smpppart p SET claimed_until = %s FROM due WHERE p.id = due.id
RETURNING p.id, p.message, p.content, p.expires_at
"""


@dataclass(frozen=True)
class Due:
    """A part that this link is to send now."""

    pk: int
    message: uuid.UUID
    content: dict[str, Any]
    expires_at: dt.datetime


@dataclass(frozen=True)
class Answer:
    """What the centre said to a ``submit_sm``."""

    pk: int
    status: int
    provider_id: str = ""


def put(account: str, batch: Sequence[m.OutgoingSms]) -> list[m.Submission]:
    """Keep texts for the link; a reference that is known is kept once."""
    now = timezone.now()
    rows = [
        SmppPart(
            account=account,
            message=sms.reference,
            number=number,
            total=len(sms.segments),
            content=content,
            due_at=now,
            expires_at=now + dt.timedelta(seconds=sms.valid_for),
        )
        for sms in batch
        for number, content in enumerate(pdus.contents(sms), 1)
    ]
    SmppPart.objects.bulk_create(rows, ignore_conflicts=True)
    return [m.Accepted(str(sms.reference)) for sms in batch]


def is_bound(account: str) -> bool:
    """Tell whether a link of the account is up."""
    return SmppLink.objects.filter(
        account=account, is_bound=True, seen_at__gt=timezone.now() - SEEN
    ).exists()


def say(account: str, *, is_bound: bool, error: str = "") -> None:
    """Write down how the link is."""
    values = {"is_bound": is_bound, "error": error[:200], "seen_at": timezone.now()}
    SmppLink.objects.update_or_create(account=account, defaults=values)


def claim(account: str, limit: int) -> list[Due]:
    """Claim up to ``limit`` parts that are due, the oldest first."""
    now = timezone.now()
    until = now + dt.timedelta(seconds=LEASE)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [account, now, now, now, limit, until])
        return [Due(*row) for row in sorted(_read(cursor.fetchall()))]


def _read(rows: list[Any]) -> list[Any]:
    return [
        (pk, message, json.loads(content) if isinstance(content, str) else content, at)
        for pk, message, content, at in rows
    ]


def release(pks: Iterable[int]) -> None:
    """Give back parts of which nothing is known."""
    SmppPart.objects.filter(pk__in=list(pks), state=State.WAITING).update(claimed_until=None)


@transaction.atomic
def learn(
    account: str,
    answers: Sequence[Answer],
    delivered: Sequence[pdus.Report | pdus.Piece],
    errors: dict[str, int],
    session: uuid.UUID,
) -> None:
    """Write down what the centre said, and tell the layers above what follows from it.

    ``session`` is the connection that it came over.
    """
    events: list[m.Event] = []
    for answer in answers:
        events += _answered(answer)
    for item in delivered:
        if isinstance(item, pdus.Piece):
            if not _is_repeated(account, item, session):
                events += _came(account, item)
        elif item.state is not None:
            SmppReceipt.objects.create(
                account=account,
                provider_id=item.provider_id,
                state=item.state,
                error=item.error,
            )
    names = {answer.provider_id for answer in answers if answer.provider_id}
    names |= {item.provider_id for item in delivered if isinstance(item, pdus.Report)}
    events += _matched(account, names, errors)
    if events:
        ports.answers.carried(account, events)


def _answered(answer: Answer) -> list[m.Event]:
    row = SmppPart.objects.select_for_update().filter(pk=answer.pk, state=State.WAITING).first()
    if row is None:
        return []
    row.claimed_until = None
    if answer.status == statuses.OK:
        row.state, row.provider_id = State.SUBMITTED, answer.provider_id
        row.save(update_fields=["state", "provider_id", "claimed_until"])
        return []
    if answer.status in statuses.FULL:
        row.due_at = timezone.now() + dt.timedelta(seconds=1)
        row.save(update_fields=["due_at", "claimed_until"])
        return []
    row.failures += 1
    if answer.status in statuses.AGAIN and row.failures < _TRIES:
        row.due_at = timezone.now() + dt.timedelta(seconds=_PAUSE * 2**row.failures)
        row.save(update_fields=["failures", "due_at", "claimed_until"])
        return []
    reason = statuses.refused(answer.status)
    return _ended(row, State.FAILED, reason, f"status 0x{answer.status:02X}")


def _matched(account: str, names: set[str], errors: dict[str, int]) -> list[m.Event]:
    """Apply the receipts whose parts are known by now."""
    if not names:
        return []
    known = {
        row.provider_id: row
        for row in SmppPart.objects.select_for_update()
        .filter(account=account, provider_id__in=names, state=State.SUBMITTED)
        .order_by("pk")
    }
    events: list[m.Event] = []
    for receipt in SmppReceipt.objects.filter(account=account, provider_id__in=names):
        row = known.pop(receipt.provider_id, None)
        if row is not None:
            state = State(receipt.state)
            reason = _reason(state, errors.get(receipt.error))
            events += _ended(row, state, reason, receipt.error and f"err {receipt.error}")
            receipt.delete()
    return events


def _reason(state: State, code: int | None) -> m.Reason | None:
    if state is State.DELIVERED:
        return None
    return m.EXPIRED if state is State.EXPIRED else statuses.of_code(code)


_STATUSES = {
    State.DELIVERED: m.Status.DELIVERED,
    State.FAILED: m.Status.FAILED,
    State.EXPIRED: m.Status.UNDELIVERED,
}


def _ended(row: SmppPart, state: State, reason: m.Reason | None, detail: str) -> list[m.Event]:
    """End a part; tell of the whole text with its last delivery or its first failure."""
    row.state, row.claimed_until = state, None
    row.save(update_fields=["state", "failures", "claimed_until"])
    others = SmppPart.objects.filter(message=row.message).exclude(pk=row.pk)
    if state is State.DELIVERED:
        if others.exclude(state=State.DELIVERED).exists():
            return []
    else:
        if others.filter(state__in=(State.FAILED, State.EXPIRED)).exists():
            return []
        others.filter(state=State.WAITING).update(state=state, claimed_until=None)
    return [m.Receipt(str(row.message), _STATUSES[state], reason, timezone.now(), detail)]


def _is_repeated(account: str, piece: pdus.Piece, session: uuid.UUID) -> bool:
    """Tell whether the text came before, over a connection that has died since.

    Somebody who writes the same twice does so over one connection, or after the centre has
    proved that it got our answer; both texts count then.
    """
    same = SmppArrival.objects.select_for_update().filter(
        account=account, digest=piece.digest, received_at__gt=timezone.now() - REPEATS
    )
    before = same.exclude(session=session).order_by("pk").first()
    if before is None:
        SmppArrival.objects.create(account=account, digest=piece.digest, session=session)
        return False
    before.session = session
    before.save(update_fields=["session"])
    return True


def forget_answered(account: str, session: uuid.UUID, before: dt.datetime) -> None:
    """Forget texts of a connection whose answers the centre has proved to have."""
    SmppArrival.objects.filter(
        account=account, session=session, received_at__lt=before
    ).delete()


def _came(account: str, piece: pdus.Piece) -> list[m.Event]:
    if piece.total <= 1:
        return [
            m.IncomingSms("", piece.sender, piece.to, piece.text, piece.data, timezone.now())
        ]
    whole: dict[str, Any] = {
        "account": account,
        "sender": piece.sender,
        "to": piece.to,
        "reference": piece.reference,
        "total": piece.total,
    }
    content = {"text": piece.text, "data": piece.data}
    SmppFragment.objects.update_or_create(defaults=content, number=piece.number, **whole)
    parts = SmppFragment.objects.filter(**whole)
    return _joined(parts) if parts.count() >= piece.total else []


def _joined(parts: Any) -> list[m.Event]:
    """Make one text of the parts that are there, and forget them."""
    rows = list(parts.order_by("number"))
    first = rows[0]
    text = "".join(row.text for row in rows)
    data = b"".join(bytes(row.data) for row in rows)
    at = first.received_at
    parts.delete()
    return [m.IncomingSms("", first.sender, first.to, text, data, at)]


@transaction.atomic
def sweep(account: str) -> None:
    """End what is too old to be sent, tell of texts of which parts are missing, tidy up."""
    now = timezone.now()
    events: list[m.Event] = []
    late = SmppPart.objects.select_for_update(skip_locked=True).filter(
        account=account, state=State.WAITING, expires_at__lte=now
    )
    for row in late.order_by("pk")[:500]:
        events += _ended(row, State.EXPIRED, m.EXPIRED, "")
    old = SmppFragment.objects.filter(account=account, received_at__lt=now - _FRAGMENTS)
    for first in old.distinct("sender", "to", "reference", "total")[:100]:
        events += _joined(
            SmppFragment.objects.filter(
                account=account,
                sender=first.sender,
                to=first.to,
                reference=first.reference,
                total=first.total,
            )
        )
    SmppPart.objects.filter(account=account, expires_at__lt=now - _KEPT).exclude(
        state=State.WAITING
    ).delete()
    SmppArrival.objects.filter(account=account, received_at__lt=now - REPEATS).delete()
    SmppReceipt.objects.filter(account=account, received_at__lt=now - _KEPT).delete()
    if events:
        ports.answers.carried(account, events)
