"""Calls in: the number's incoming-call URL is asked what the caller hears.

It gets ``{"event": "incoming-call", "callid", "from", "to", "timeStamp"}`` by POST and answers
``{"actions": [...]}``: ``{"action": "answer"}``, ``{"action": "say", "text", "language"}``,
``{"action": "play", "url"}``, ``{"action": "call patch", "to"}``, ``{"action": "hangup"}``, or
``{"action": "reject"}`` alone. Without a URL, or without such an answer within ten seconds, the
call is rejected. The documented names are Answer, Play, Record, Call Patch and Hangup
(facts/imiconnect.md, section 3); nothing is recorded here.
"""

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from imiconnect.numbers.carriers.messaging import IncomingCall
from imiconnect.numbers.carriers.voice import Action, Answer, HangUp, Patch, Play, Reject, Say
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number, PhoneLine
from imiconnect.outbound import Outbound, OutboundError
from imiconnect.rtm.models import Channel
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import Incoming
from imiconnect.rtm.provider_inbox import ProviderMessage, take_in
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.sharing.models import NumberAllocation

log = logging.getLogger(__name__)
_MOST_ACTIONS = 20


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
    actions = _asked(line.incoming_call_url, call) if line else ()
    _note(account, call, number, answered=bool(actions))
    return actions or (Reject(),)


def _asked(url: str, call: IncomingCall) -> Sequence[Action]:
    """Return what the URL answers; nothing where there is none or it says nothing."""
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
        return [_action(item) for item in said[:_MOST_ACTIONS]]
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


def _action(said: dict[str, Any]) -> Action:
    """Return one action; raises ``KeyError`` or ``ValueError``."""
    name = str(said["action"]).lower()
    if name == "say":
        return Say(str(said["text"]), str(said.get("language") or "en-GB"))
    if name == "play":
        return Play(str(said["url"]))
    if name == "answer":
        return Answer()
    if name.replace("_", " ") == "call patch":
        return _patch(str(said["to"]))
    if name == "hangup":
        return HangUp()
    if name == "reject":
        return Reject()
    raise ValueError(f"unknown action {name}")


def _patch(number: str) -> Patch:
    """Return the connection with a number; raises ``ValueError`` where it cannot exist."""
    digits = digits_of(number)
    if not digits:
        raise ValueError(f"{number[:20]} is no number that can exist")
    return Patch(digits)


def _note(account: str, call: IncomingCall, number: Number, *, answered: bool) -> None:
    """Write the call into the log, once; its service is told as of any incoming message."""
    service = (
        NumberAllocation.objects.filter(number=number, channel="voice", is_inbound=True)
        .values_list("service_id", flat=True)
        .first()
    )
    message = ProviderMessage(
        channel=Channel.VOICE.value,
        address=call.caller,
        body={"message": "", "da": call.to, "number": str(number.pk), "answered": answered},
        provider_id=call.provider_id,
        account=account,
        organization_id=number.organization_id,
        service_id=service,
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
