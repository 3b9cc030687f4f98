"""What an opt-out, opt-in or help word does: the list changes, and the customer is told.

Call it in the transaction that takes the text in, so that each text has its effect once.
"""

import datetime as dt
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from imiconnect.audit.services import record
from imiconnect.numbers.carriers.messaging import IncomingSms
from imiconnect.rtm import live
from imiconnect.rtm.lanes import SMS as LANE
from imiconnect.rtm.models import Channel, Message, OpenMessage, OptOut
from imiconnect.rtm.nudge import nudge
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.sql import NIL
from imiconnect.rtm.telecom import unclaimed
from imiconnect.rtm.telecom.arriving import Recipient
from imiconnect.rtm.telecom.content import CODINGS, TEXT, split_of
from imiconnect.rtm.telecom.words import REPLIES, Meaning, Said

#: A reply that is late is no reply.
_EXPIRY = dt.timedelta(hours=1)
#: Seconds in which HELP is answered once, so that machines do not chat.
_HELP_ONCE_IN = 60


def obey(account: str, sms: IncomingSms, recipient: Recipient, said: Said) -> None:
    """Do what a word says and answer it; who is on the list already is not told again.

    ``account`` is the carrier's account that the text came through.
    """
    changed = True
    if said.meaning == Meaning.OPT_OUT:
        changed = _add(sms, recipient, said)
    elif said.meaning == Meaning.OPT_IN:
        changed = _remove(sms, recipient, said)
    elif said.meaning == Meaning.HELP:
        key = f"help:{sms.to}:{sms.sender}"
        changed = cache.get(key) is None
        transaction.on_commit(lambda: cache.set(key, 1, timeout=_HELP_ONCE_IN))
    if changed:
        _reply(account, sms, recipient, said)


def _add(sms: IncomingSms, recipient: Recipient, said: Said) -> bool:
    row, is_new = OptOut.objects.get_or_create(
        organization_id=recipient.organization_id,
        address=sms.sender,
        sender=sms.to,
        defaults={"source": OptOut.Source.MESSAGE, "word": said.word},
    )
    if is_new:
        after = {"sender": sms.to, "word": said.word}
        record("opt_out.added", row, after=after)
    return is_new


def _remove(sms: IncomingSms, recipient: Recipient, said: Said) -> bool:
    whose = Q(organization=recipient.organization_id, sender__in=("", sms.to))
    code = Q(organization=None, sender=sms.to)
    rows = list(OptOut.objects.filter(whose | code, address=sms.sender))
    for row in rows:
        before = {"sender": row.sender, "word": said.word}
        record("opt_out.removed", row, organization_id=recipient.organization_id, before=before)
        row.delete()
    return bool(rows)


def _reply(account: str, sms: IncomingSms, recipient: Recipient, said: Said) -> None:
    """Queue the answer from the number that got the text; it passes the list.

    A number without a service, as one with an own URL alone, is answered for by the platform.
    """
    text = said.reply
    if text is None:
        names = {"sender": sms.to, "organization": recipient.number.organization.name}
        text = str(REPLIES[said.meaning]) % names
    if not text:
        return
    if recipient.service_id is None:
        unclaimed.answer(account, sms, said, text)
        return
    payload: dict[str, Any] = {"message": text, "type": TEXT}
    split = split_of(payload)
    payload |= {
        "coding": CODINGS[split.coding],
        "parts": split.parts,
        "from": sms.to,
        "number": str(recipient.sends_from),
        "answers": said.word,
    }
    now = timezone.now()
    transid, ids = request_ids(1)
    common = {"address": sms.sender, "expires_at": now + _EXPIRY}
    Message.objects.create(
        id=ids[0],
        transid=transid,
        organization_id=recipient.organization_id,
        service_id=recipient.service_id,
        channel=Channel.SMS,
        address_type="msisdn",
        payload=payload,
        created_at=now,
        **common,
    )
    OpenMessage.objects.create(id=ids[0], app_id=NIL, lane=LANE, due_at=now, **common)
    organization = recipient.organization_id
    transaction.on_commit(lambda: live.tell(created=[organization]))
    transaction.on_commit(lambda: nudge(LANE))
