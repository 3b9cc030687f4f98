"""Who sends the messages of each channel: RTM goes to the MQTT broker.

A channel type of an OTT provider adds its own route; the MT processor knows none by name.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

from imiconnect.rtm.broker import link
from imiconnect.rtm.models import Attempt, Channel
from imiconnect.rtm.outcomes import BROKEN, BROKER_AWAY, Dispatched, Failed, Outcome, RetryAt
from imiconnect.rtm.processors.claims import Claim
from imiconnect.rtm.processors.facts import Pair
from imiconnect.rtm.protocol import topics
from imiconnect.rtm.protocol.envelopes import Downlink, ThreadFacts, Told, downlink
from imiconnect.rtm.sealing import sealed


class Parcel(msgspec.Struct, frozen=True):
    """A claimed message with everything that a route needs to send it."""

    claim: Claim
    told: Told
    pair: Pair
    thread: ThreadFacts | None
    payload: dict[str, Any]
    created_at: dt.datetime
    device_id: str
    #: Whether it has not been handed over before; one whose user connects is sent again.
    is_first: bool


#: A route sends parcels of one channel and returns an outcome for each, in their order.
Route = Callable[[list[Parcel]], list[Outcome]]


#: Each is told of the parcels that the broker has taken.
after_publishing: list[Callable[[list[Parcel]], object]] = []


def send_by_mqtt(parcels: list[Parcel]) -> list[Outcome]:
    """Publish to each user's downlink topic."""
    outcomes: list[Outcome | None] = []
    batch: list[tuple[str, bytes]] = []
    for parcel in parcels:
        try:
            topic = topics.downlink(parcel.pair.app_id, parcel.told.address)
            batch.append((topic, _body(parcel)))
            outcomes.append(None)
        except (TypeError, ValueError):
            outcomes.append(Failed(BROKEN))
    taken = iter(link.publish(batch))
    good, bad = Dispatched({"qos": link.qos}), RetryAt(BROKER_AWAY)
    done = [outcome or (good if next(taken) else bad) for outcome in outcomes]
    pairs = zip(parcels, done, strict=True)
    published = [parcel for parcel, outcome in pairs if isinstance(outcome, Dispatched)]
    for hear in after_publishing:
        hear(published)
    return done


def _body(parcel: Parcel) -> bytes:
    pair, user_id = parcel.pair, parcel.told.address
    return sealed(pair.sealed_with, pair.app_id, user_id, _plain(parcel))


def _plain(parcel: Parcel) -> bytes:
    return downlink(
        Downlink(
            tid=parcel.claim.id,
            app_id=parcel.pair.app_id,
            user_id=parcel.told.address,
            device_id=parcel.device_id,
            payload=parcel.payload,
            thread=parcel.thread,
            created_at=parcel.created_at,
        )
    )


#: By channel: the name that attempts carry, and the function.
ROUTES: dict[str, tuple[str, Route]] = {Channel.RT.value: (Attempt.BROKER, send_by_mqtt)}
