"""The route of SMS: check each message once more, and hand the rest to the carriers.

What is asked here is asked when the message goes out, not when it was accepted: a number taken
from the service, an opt-out or a new restriction counts at once.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.numbers.carriers.messaging import (
    Accepted,
    Carried,
    OutgoingSms,
    Postponed,
)
from imiconnect.numbers.services import carrying
from imiconnect.rtm import outcomes
from imiconnect.rtm.outcomes import Dispatched, Failed, Outcome, Reason, RetryAt
from imiconnect.rtm.routes import Parcel
from imiconnect.rtm.telecom import optouts, senders
from imiconnect.rtm.telecom.addresses import digits_of
from imiconnect.rtm.telecom.content import FLASH, split_of
from imiconnect.rtm.telecom.country_rules import CountryRules
from imiconnect.rtm.telecom.rules import INVALID_SENDER, Restrictions
from imiconnect.rtm.telecom.senders import Sender

#: "Invalid address" (facts/imiconnect.md, section 14).
INVALID_ADDRESS = 7102


@dataclass(frozen=True)
class _Ready:
    """A message whose sender is known and whose destination can exist."""

    place: int
    parcel: Parcel
    sender: Sender

    @property
    def organization(self) -> uuid.UUID:
        return self.parcel.told.organization_id

    @property
    def to(self) -> str:
        return self.parcel.told.address


def send_sms(parcels: list[Parcel]) -> list[Outcome]:
    """Send texts and return what came of each, in their order."""
    found: dict[int, Outcome] = {}
    ready = _with_senders(parcels, found)
    ready = _allowed(ready, found)
    batch = [_outgoing(item) for item in ready]
    carried = carrying.send(batch) if batch else []
    for item, sms, said in zip(ready, batch, carried, strict=True):
        found[item.place] = _outcome(item, sms, said)
    return [found[place] for place in range(len(parcels))]


def _with_senders(parcels: Sequence[Parcel], found: dict[int, Outcome]) -> list[_Ready]:
    """Return the messages that may go on; the others get their outcome in ``found``."""
    pairs = {}
    for place, parcel in enumerate(parcels):
        named, service = parcel.payload.get("number"), parcel.told.service_id
        if named and service:
            pairs[place] = (service, uuid.UUID(named))
    known = senders.still_used(pairs.values())
    ready = []
    for place, parcel in enumerate(parcels):
        sender = known.get(pairs[place]) if place in pairs else None
        if sender is None:
            found[place] = Failed(_bad_sender(parcel))
        elif digits_of(parcel.told.address) != parcel.told.address:
            text = _("%s is no number that can exist.") % parcel.told.address
            found[place] = Failed(Reason(INVALID_ADDRESS, text))
        else:
            ready.append(_Ready(place, parcel, sender))
    return ready


def _bad_sender(parcel: Parcel) -> Reason:
    named = parcel.payload.get("from") or parcel.payload.get("senderid")
    if named:
        text = _("The service does not send SMS from %s.") % named
    else:
        text = _("The service has no number for SMS.")
    return Reason(INVALID_SENDER, text)


def _allowed(ready: list[_Ready], found: dict[int, Outcome]) -> list[_Ready]:
    """Leave out those who have opted out, and what the country refuses or lets in later.

    An answer to STOP or HELP passes the list, the hours and the rules of content.
    """
    out = optouts.blocked((item.organization, item.sender.shown, item.to) for item in ready)
    rules = Restrictions((item.organization, item.sender, item.to) for item in ready)
    countries = CountryRules((item.parcel.told.service_id, item.to) for item in ready)
    allowed, now = [], timezone.now()
    for item in ready:
        is_answer = bool(item.parcel.payload.get("answers"))
        is_out = (item.organization, item.sender.shown, item.to) in out
        if is_out and not is_answer:
            found[item.place] = Failed(optouts.reason(item.sender.shown))
        elif refused := rules.obstacle(item.organization, item.sender, item.to):
            found[item.place] = Failed(refused)
        elif not is_answer and (held := countries.obstacle(item.parcel, item.sender, now)):
            found[item.place] = held
        else:
            allowed.append(item)
    return allowed


def _outgoing(item: _Ready) -> OutgoingSms:
    payload, claim = item.parcel.payload, item.parcel.claim
    split = split_of(payload)
    left = (claim.expires_at - timezone.now()).total_seconds()
    return OutgoingSms(
        reference=claim.id,
        sender=item.sender.shown,
        sender_kind=item.sender.kind,
        to=item.to,
        coding=split.coding,
        segments=split.segments(claim.id.int),
        text=payload["message"],
        is_flash=payload["type"] == FLASH,
        valid_for=max(1, int(left)),
    )


def _outcome(item: _Ready, sms: OutgoingSms, carried: Carried) -> Outcome:
    said = carried.submission
    if isinstance(said, Postponed):
        return outcomes.Postponed(said.after)
    if isinstance(said, Accepted):
        detail = {
            "carrier": carried.account,
            "from": item.sender.shown,
            "parts": len(sms.segments),
            "provider_id": said.provider_id,
        }
        return Dispatched(detail, (said.provider_id,), carried.account)
    reason = Reason(said.reason.code, str(said.reason.text), said.reason.retryable)
    return RetryAt(reason, said.after) if reason.retryable else Failed(reason)
