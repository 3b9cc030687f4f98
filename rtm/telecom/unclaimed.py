"""Texts that are nobody's: kept for support, obeyed where they say STOP, and answered.

A shared code belongs to the platform, so the platform answers there: STOP and START with
their confirmation, HELP and what has no keyword with the code's help text. No message of an
organization is made of it, for a message is a service's; the row itself is what a processor
sends from. So are the answers to words on a number that no service has.
"""

import datetime as dt
import logging

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.numbers.carriers.messaging import (
    Accepted,
    Carried,
    Declined,
    IncomingSms,
    OutgoingSms,
)
from imiconnect.numbers.models import ShortCode
from imiconnect.numbers.services import carrying
from imiconnect.rtm.lanes import SMS as LANE
from imiconnect.rtm.models import OptOut, UnclaimedText
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.telecom.arriving import codes_of
from imiconnect.rtm.telecom.parts import split_text
from imiconnect.rtm.telecom.senders import kind_of_digits
from imiconnect.rtm.telecom.words import REPLIES, Meaning, Said

log = logging.getLogger(__name__)
#: HELP, and a text without a keyword, are answered once in these times, so that machines do
#: not chat.
_ONCE_IN = {Meaning.HELP: dt.timedelta(minutes=1), "": dt.timedelta(minutes=10)}
#: A reply that is late is no reply.
_EXPIRY = dt.timedelta(hours=1)
#: Seconds in which one processor has a reply, and before a carrier is asked again.
_LEASE, _AGAIN = 60, 30
_BATCH = 100


@transaction.atomic
def keep(account: str, sms: IncomingSms, said: Said | None) -> None:
    """Write down a text of nobody, do what its word says, and queue the answer; once each."""
    row = UnclaimedText(
        account=account,
        provider_id=sms.provider_id,
        address=sms.sender,
        to=sms.to,
        text=sms.text or sms.data.hex(),
        meaning=said.meaning if said else "",
    )
    known = UnclaimedText.objects.filter(
        account=account, address=sms.sender, provider_id=sms.provider_id
    )
    if sms.provider_id and known.exists():
        return
    code = next((code for code in codes_of(sms) if code.is_shared), None)
    if code is None:
        log.warning("A text to %s is for no number of anybody.", sms.to)
        # The code may be out of use for a while; that somebody said STOP counts all the same.
        if said and said.meaning != Meaning.HELP:
            _changed(sms, said)
    elif reply := _reply(sms, said, code):
        row.reply, row.due_at = reply, timezone.now()
    row.save(force_insert=True)
    if row.due_at:
        transaction.on_commit(lambda: nudge(LANE))


def answer(account: str, sms: IncomingSms, said: Said, reply: str) -> None:
    """Queue the answer to a word that came to an organization's number without a service.

    The organization's log has the text; here is the word alone. Call it in the transaction
    that takes the text in, once for each text.
    """
    UnclaimedText.objects.create(
        account=account,
        provider_id=sms.provider_id,
        address=sms.sender,
        to=sms.to,
        text=said.word,
        meaning=said.meaning,
        reply=reply,
        due_at=timezone.now(),
    )
    transaction.on_commit(lambda: nudge(LANE))


def _reply(sms: IncomingSms, said: Said | None, code: ShortCode) -> str:
    """Do what a word says on a shared code, and return what the customer is told."""
    meaning = said.meaning if said else ""
    if meaning in _ONCE_IN and not _may_answer(sms, meaning):
        return ""
    if said is None:
        return code.help_reply
    if said.meaning == Meaning.HELP:
        return code.help_reply or _("Send STOP to %s to get no more messages.") % sms.to
    return str(REPLIES[said.meaning]) % {"sender": sms.to} if _changed(sms, said) else ""


def _may_answer(sms: IncomingSms, meaning: str) -> bool:
    since = timezone.now() - _ONCE_IN[meaning]
    recent = UnclaimedText.objects.filter(
        address=sms.sender, to=sms.to, meaning=meaning, created_at__gt=since
    )
    return not recent.exclude(reply="").exists()


def _changed(sms: IncomingSms, said: Said) -> bool:
    """Put the customer on the list for all of the code, or take them off; tell if that did."""
    listed = {"organization": None, "address": sms.sender, "sender": sms.to}
    if said.meaning == Meaning.OPT_OUT:
        defaults = {"source": OptOut.Source.MESSAGE, "word": said.word}
        return OptOut.objects.get_or_create(**listed, defaults=defaults)[1]
    return bool(OptOut.objects.filter(**listed).delete()[0])


def process_due(limit: int = _BATCH) -> int:
    """Send the replies that are due; return how many were claimed.

    Nothing is sent inside of a transaction; a crash before the outcome is written sends the
    same reference again after the lease.
    """
    now = timezone.now()
    with transaction.atomic():
        due = UnclaimedText.objects.filter(due_at__lte=now).select_for_update(skip_locked=True)
        late = UnclaimedText.objects.filter(due_at__lte=now, created_at__lte=now - _EXPIRY)
        late.update(due_at=None)
        rows = list(due.order_by("due_at")[:limit])
        lease = now + dt.timedelta(seconds=_LEASE)
        UnclaimedText.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=lease)
    said = carrying.send([_outgoing(row, now) for row in rows]) if rows else []
    for row, carried in zip(rows, said, strict=True):
        _note(row, carried, now)
    return len(rows)


def _outgoing(row: UnclaimedText, now: dt.datetime) -> OutgoingSms:
    split = split_text(row.reply)
    return OutgoingSms(
        reference=row.pk,
        sender=row.to,
        sender_kind=kind_of_digits(row.to),
        to=row.address,
        coding=split.coding,
        segments=split.segments(row.pk.int),
        text=row.reply,
        valid_for=max(1, int((row.created_at + _EXPIRY - now).total_seconds())),
    )


def _note(row: UnclaimedText, carried: Carried, now: dt.datetime) -> None:
    """Write down what came of a reply; it is tried again while it is not late."""
    said = carried.submission
    if isinstance(said, Accepted):
        row.due_at, row.answered_at, row.problem = None, now, ""
    else:
        after = said.after
        if isinstance(said, Declined):
            row.problem = f"{said.reason.code} {said.reason.text}"[:200]
            after = said.after or _AGAIN if said.reason.retryable else None
        again = None if after is None else now + dt.timedelta(seconds=after)
        row.due_at = again if again and again < row.created_at + _EXPIRY else None
    row.save(update_fields=["due_at", "answered_at", "problem"])
