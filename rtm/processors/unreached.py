"""How a fan-out ends that has not reached everybody: a message of the log that stands for them.

It has the fan-out's request and destination, no user, and never goes out. So the status, the
receipt, the rules of the service and the console tell of it as of any other message.
"""

import datetime as dt
import uuid

from imiconnect.rtm.outcomes import PAST_EXPIRY, Reason
from imiconnect.rtm.processors.closing import TOLD, write_callbacks
from imiconnect.rtm.protocol.envelopes import News, Told
from imiconnect.rtm.protocol.ids import request_ids
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.sql import cursor

# What a customer has said to a topic is in the log as the customer's own; not here again.
_LOG = f"""
INSERT INTO rtm_message AS m (id, transid, organization_id, service_id, app_id, thread_id,
  channel, address, address_type, correlation_id, callback_data, notify_url, priority, payload,
  state, code, reason, is_failed, expires_at, created_at, closed_at)
SELECT %b, f.transid, f.organization_id, f.service_id, f.app_id, f.thread_id, 'rt', '', f.kind,
  f.correlation_id, f.callback_data, f.notify_url, f.priority,
  CASE WHEN f.but_not = '' THEN f.payload
    ELSE jsonb_build_object('to', f.named, 'groupTid', f.transid) END,
  %b, %b, %b, true, f.expires_at, f.accepted_at, %b
FROM rtm_fanout f WHERE f.id = %b
RETURNING {TOLD}
"""  # noqa: S608 - constants of this package


def log_unreached(
    fanout: uuid.UUID, transid: uuid.UUID, reason: Reason, now: dt.datetime
) -> None:
    """Log why a fan-out ends and write its receipt; call it in the transaction that ends it."""
    state = State.EXPIRED if reason is PAST_EXPIRY else State.FAILED
    tid = request_ids(1, now_ms=transid.int >> 80)[1][0]
    text = str(reason.text)
    with cursor() as own:
        own.execute(_LOG, [tid, state.value, reason.code, text, now, fanout])
        rows = own.fetchall()
    write_callbacks([News(Told(*row), "failed", now, reason.code, text) for row in rows], now)
