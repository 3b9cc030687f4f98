"""Sending PINs: ordinary texts of the service that gets the app's incoming messages.

Taking one on moves its ``due_at`` ahead, so that another processor resumes it after a crash;
the key of the request makes sending again change nothing.
"""

import datetime as dt
import json
import uuid

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.policy import policy_of
from imiconnect.rtm.models import UserPin
from imiconnect.rtm.onboarding.answering import claimed, hearers, hide_texts
from imiconnect.rtm.onboarding.codes import code_of
from imiconnect.rtm.pins.services import MINUTES
from imiconnect.rtm.protocol import clock
from imiconnect.rtm.services import Refusal, Request, send_requests
from imiconnect.rtm.telecom.addresses import digits_of

SMS = _(
    "%(code)s is your PIN for %(app)s. It is good for %(minutes)s minutes. Give it to nobody "
    "who asks for it."
)
#: So much of an app's name is in the text.
_NAME = 40


def send_due(*, limit: int, now: dt.datetime) -> int:
    """Send the PINs that are due, hide those that are over; return how many there were."""
    rows = claimed(UserPin.objects.all(), limit, now)
    sent = [row for row in rows if row.sent_at]
    if sent:
        hide_texts([row.transid for row in sent if row.transid])
        UserPin.objects.filter(pk__in=[row.pk for row in sent]).update(due_at=None)
    _send([row for row in rows if not row.sent_at], now)
    return len(rows)


def _send(rows: list[UserPin], now: dt.datetime) -> None:
    services = hearers({row.app_id for row in rows})
    sent: list[UserPin] = []
    requests: list[Request] = []
    for row in rows:
        found = _request(row, services.get(row.app_id), now)
        if isinstance(found, str):
            _end(row, now, problem=found)
        else:
            sent.append(row)
            requests.append(found)
    results = send_requests(requests) if requests else []
    for row, result in zip(sent, results, strict=True):
        if isinstance(result, Refusal):
            _end(row, now, problem=result.sentence)
        else:
            row.transid = result.transid
            _end(row, now)


def _request(row: UserPin, service: uuid.UUID | None, now: dt.datetime) -> Request | str:
    """Return the request of the text, or why there is none."""
    mobile = digits_of(str(row.customer.attributes.get("msisdn", ""))) if row.customer else ""
    sender = policy_of(row.app).pin_sender_id
    if not mobile:
        return "The customer has no mobile number any more."
    if service is None:
        return "No service gets the app's incoming messages."
    if not sender:
        return "The app has no Sender ID for PINs."
    if row.ends_at <= now:
        return "It could not be sent in time."
    names = {"code": code_of(row.pk), "app": row.app.name[:_NAME], "minutes": MINUTES}
    body = {
        "deliverychannel": "sms",
        "destination": [{"msisdn": [mobile]}],
        "channels": {"sms": {"text": str(SMS) % names, "senderid": sender}},
        "expiry": clock.iso(row.ends_at),
    }
    return Request(service, json.dumps(body).encode(), f"pin:{row.pk}")


def _end(row: UserPin, now: dt.datetime, *, problem: str = "") -> None:
    """Write down what came of it; the PIN stays in the log until it is over or has served."""
    row.sent_at = now
    row.problem = problem
    row.due_at = (now if row.validated_at else row.ends_at) if row.transid else None
    row.save(update_fields=["sent_at", "problem", "due_at", "transid"])
