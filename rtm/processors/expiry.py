"""Expiry monitor: messages past their time have expired, once, whoever else is at them."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from imiconnect.rtm import live
from imiconnect.rtm.outcomes import PAST_EXPIRY
from imiconnect.rtm.processors.closing import close_failed, write_callbacks
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import again_after_deadlock, cursor

BATCH = 500

# Read without a lock: the guarded UPDATE of the message decides, and takes its lock first,
# as every processor does.
_DUE = "SELECT id FROM rtm_openmessage WHERE expires_at <= %b ORDER BY expires_at LIMIT %b"


@again_after_deadlock
def process_due(*, limit: int = BATCH, now: dt.datetime | None = None) -> int:
    """Expire a batch of messages; return how many were past their time."""
    moment = now or timezone.now()
    with transaction.atomic():
        with cursor() as own:
            own.execute(_DUE, [moment, limit])
            due = [row[0] for row in own.fetchall()]
        code, text = PAST_EXPIRY.code, str(PAST_EXPIRY.text)
        news = close_failed([(tid, State.EXPIRED, code, text) for tid in due], moment)
        write_callbacks(news, moment)
    live.tell(changed=[(n.message.organization_id, n.message.id, State.EXPIRED) for n in news])
    return len(due)
