"""Calls in: the number's incoming-call URL is asked what the caller hears.

It gets ``{"event": "incoming-call", "callid", "from", "to", "timeStamp"}`` by POST and answers
``{"actions": [...]}``: ``{"action": "answer"}``, ``{"action": "say", "text", "language"}``,
``{"action": "play", "url"}``, ``{"action": "record", "maxSeconds", "beep"}``,
``{"action": "call patch", "to"}``, ``{"action": "hangup"}``, or ``{"action": "reject"}`` alone.
Without a URL, or without such an answer within ten seconds, the call is rejected. The
documented names are Answer, Play, Record, Call Patch and Hangup (facts/imiconnect.md, section
3).
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from imiconnect.numbers.carriers.messaging import IncomingCall
from imiconnect.numbers.carriers.voice import Action, Record, Reject
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number, PhoneLine
from imiconnect.outbound import Outbound, OutboundError
from imiconnect.rtm.models import Channel
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import Incoming
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in
from imiconnect.rtm.telecom import recordings
from imiconnect.rtm.telecom.actions import MAX_ACTIONS, read_actions
from imiconnect.sharing.models import NumberAllocation

log = logging.getLogger(__name__)


def called(account: str, call: IncomingCall) -> Sequence[Action]:
    """Return what a caller hears, and write the call into the log."""
    number = (
        Number.objects.active()
        .filter(kind=Kind.PHONE_NUMBER, folded=call.to)
        .select_related("line")
        .first()
    )
    if number is None or not number.voice:
        log.warning("A call to %s reaches no number.", call.to)
        return (Reject(),)
    line = PhoneLine.objects.filter(number=number).first()
    frame = recordings.Frame(
        account, call, number, _service_of(number), line.incoming_call_url if line else ""
    )
    actions = _asked(frame)
    _note(frame, actions)
    return actions or (Reject(),)


def _asked(frame: recordings.Frame) -> Sequence[Action]:
    """Return what the URL answers; nothing where there is none or it says nothing."""
    url, call = frame.url, frame.call
    if not url:
        return ()
    body = {
        "event": "incoming-call",
        "callid": call.provider_id,
        "from": call.caller,
        "to": call.to,
        "timeStamp": iso(call.at or timezone.now()),
    }
    try:
        answer = asyncio.run(_post(url, json.dumps(body).encode()))
        said = json.loads(answer)["actions"]
        items = recordings.ask_for(frame, said[:MAX_ACTIONS])
        return read_actions(items)
    except OutboundError as error:
        log.warning("The incoming-call URL of %s did not answer: %s", call.to, error.reason)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("The incoming-call URL of %s answered nonsense: %s", call.to, error)
    return ()


async def _post(url: str, body: bytes) -> str:
    async with Outbound(connections=1) as client:
        kind = {"Content-Type": "application/json"}
        answer = await client.send("POST", url, body=body, headers=kind)
    if answer.status != 200:
        raise ValueError(f"status {answer.status}")
    return answer.body


def _service_of(number: Number) -> uuid.UUID | None:
    """Return the service that is told of calls to a number."""
    rows = NumberAllocation.objects.filter(number=number, channel="voice", is_inbound=True)
    found: uuid.UUID | None = rows.values_list("service_id", flat=True).first()
    return found


def _note(frame: recordings.Frame, actions: Sequence[Action]) -> None:
    """Write the call into the log, once; its service is told as of any incoming message."""
    call, number = frame.call, frame.number
    body = {
        "message": "",
        "da": call.to,
        "number": str(number.pk),
        "answered": bool(actions),
        "records": any(isinstance(action, Record) for action in actions),
    }
    message = ProviderMessage(
        channel=Channel.VOICE.value,
        address=call.caller,
        body=body,
        provider_id=call.provider_id,
        account=frame.account,
        organization_id=number.organization_id,
        service_id=frame.service_id,
        id=frame.message_id,
        at=call.at or timezone.now(),
    )
    with transaction.atomic():
        take_in([message])


def incoming(message: Incoming) -> str:
    """Return an incoming call as a service's inbound URL gets it."""
    at = iso(message.at)
    body = {
        "userId": message.payload.get("customer", ""),
        "channel": "Voice",
        "event": "MO",
        "oa": message.address,
        "da": message.payload.get("da", ""),
        "answered": bool(message.payload.get("answered")),
        "tid": str(message.tid),
        "ts": at,
        "timeStamp": at,
    }
    return json.dumps(body, ensure_ascii=False)
