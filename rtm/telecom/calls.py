"""Calls out: ``deliverychannel: voice`` speaks a text or plays a file to who answers.

``channels.voice`` has ``text`` with an optional ``language``, or ``file``, the address of a
sound; ``senderid`` names the phone number that calls, else the service's first one does.
"""

import uuid
from functools import partial
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from imiconnect.callback_urls import checked_url
from imiconnect.numbers.carriers.messaging import Accepted, Carried, Postponed
from imiconnect.numbers.carriers.voice import Action, OutgoingCall, Play, Say
from imiconnect.numbers.services import carrying
from imiconnect.rtm import outcomes
from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.answers import invalid, missing
from imiconnect.rtm.lanes import VOICE as LANE
from imiconnect.rtm.models import Channel
from imiconnect.rtm.outcomes import Dispatched, Failed, Outcome, Reason, RetryAt
from imiconnect.rtm.routes import Parcel
from imiconnect.rtm.telecom import senders
from imiconnect.rtm.telecom.addresses import destination, digits_of
from imiconnect.rtm.telecom.callers import incoming
from imiconnect.rtm.telecom.intake import fill
from imiconnect.rtm.telecom.rules import INVALID_SENDER
from imiconnect.rtm.telecom.senders import Sender
from imiconnect.rtm.telecom.sending import INVALID_ADDRESS

MAX_TEXT = 3_000
_LANGUAGE = 35


class Content(msgspec.Struct, kw_only=True):
    """What ``channels.voice`` may have."""

    text: str = ""
    language: str = "en-GB"
    file: str = ""
    senderid: str = ""


def normalized(value: Any, where: str) -> dict[str, Any]:
    """Return the payload of a call; raises ``Refusal``, 7003 when it says nothing."""
    try:
        content = msgspec.convert(value, Content)
    except msgspec.ValidationError as error:
        raise invalid(f"{where} is not as documented: {error}.") from None
    if content.file:
        try:
            checked_url(content.file, field="file")
        except ValidationError as error:
            raise invalid(f"{where}.file: {error.messages[0]}") from None
    elif not content.text.strip():
        raise missing(f"{where}.text")
    if len(content.text) > MAX_TEXT or len(content.language) > _LANGUAGE:
        raise invalid(f"{where}.text must be {MAX_TEXT} characters or fewer.")
    payload = {"message": content.text, "language": content.language, "file": content.file}
    return {name: part for name, part in payload.items() if part or name == "message"} | (
        {"senderid": content.senderid} if content.senderid else {}
    )


def send_calls(parcels: list[Parcel]) -> list[Outcome]:
    """Start calls and return what came of each, in their order."""
    found: dict[int, Outcome] = {}
    pairs = {
        place: (parcel.told.service_id, uuid.UUID(parcel.payload["number"]))
        for place, parcel in enumerate(parcels)
        if parcel.payload.get("number") and parcel.told.service_id
    }
    known = senders.still_used(pairs.values(), Channel.VOICE.value)
    batch: list[tuple[int, OutgoingCall]] = []
    for place, parcel in enumerate(parcels):
        sender = known.get(pairs[place]) if place in pairs else None
        if sender is None:
            found[place] = Failed(_bad_sender(parcel))
        elif digits_of(parcel.told.address) != parcel.told.address:
            text = _("%s is no number that can exist.") % parcel.told.address
            found[place] = Failed(Reason(INVALID_ADDRESS, text))
        else:
            batch.append((place, _outgoing(parcel, sender)))
    carried = carrying.call([call for _place, call in batch]) if batch else []
    for (place, call), said in zip(batch, carried, strict=True):
        found[place] = _outcome(call, said)
    return [found[place] for place in range(len(parcels))]


def _bad_sender(parcel: Parcel) -> Reason:
    named = parcel.payload.get("from") or parcel.payload.get("senderid")
    if named:
        return Reason(INVALID_SENDER, _("The service does not call from %s.") % named)
    return Reason(INVALID_SENDER, _("The service has no phone number for voice."))


def _outgoing(parcel: Parcel, sender: Sender) -> OutgoingCall:
    payload = parcel.payload
    action: Action = (
        Play(payload["file"])
        if payload.get("file")
        else Say(payload["message"], payload.get("language", "en-GB"))
    )
    return OutgoingCall(parcel.claim.id, sender.shown, parcel.told.address, (action,))


def _outcome(call: OutgoingCall, carried: Carried) -> Outcome:
    said = carried.submission
    if isinstance(said, Postponed):
        return outcomes.Postponed(said.after)
    if isinstance(said, Accepted):
        detail = {
            "carrier": carried.account,
            "from": call.sender,
            "provider_id": said.provider_id,
        }
        return Dispatched(detail, (said.provider_id,), carried.account)
    reason = Reason(said.reason.code, str(said.reason.text), said.reason.retryable)
    return RetryAt(reason, said.after) if reason.retryable else Failed(reason)


VOICE = media.Medium(
    channel=Channel.VOICE.value,
    names=("voice",),
    id_types=("msisdn", "customerid"),
    content=normalized,
    address=destination,
    fill=partial(fill, channel=Channel.VOICE.value),
    needs_app=False,
    lane=LANE,
    incoming=incoming,
)
