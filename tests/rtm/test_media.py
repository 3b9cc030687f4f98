"""A medium without apps, and lanes that do not wait for each other."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.accept import Accepted
from imiconnect.rtm.intake.addresses import Line
from imiconnect.rtm.intake.answers import Refusal, invalid
from imiconnect.rtm.intake.pool import Connection
from imiconnect.rtm.lanes import SMS
from imiconnect.rtm.models import Message, OpenMessage
from imiconnect.rtm.outcomes import Dispatched, Outcome
from imiconnect.rtm.processors import mt
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.routes import ROUTES, Parcel
from imiconnect.rtm.sql import NIL
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Message]


async def _fill(connection: Connection, accepted: dict[int, Accepted]) -> dict[int, Refusal]:
    refused = {}
    for number, item in accepted.items():
        for to in item.order.destinations:
            item.lines.append(Line(to.id, to.kind, {"from": "ACME"}, to.correlation_id))
        if item.order.payload["message"] == "refuse":
            refused[number] = invalid("The text is not wanted.")
    return refused


@pytest.fixture(autouse=True)
def pigeons(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Carrier pigeons: they fly to lofts, for no app, on the lane of SMS."""
    names, channels = dict(media._by_name), dict(media._by_channel)
    media.register(
        media.Medium(
            channel="pigeon",
            names=("pigeon",),
            id_types=("loft",),
            content=lambda value, where: {"message": value["text"]},
            address=lambda kind, name, where: name.upper(),
            fill=_fill,
            needs_app=False,
            lane=SMS,
        )
    )
    yield
    media._by_name.clear()
    media._by_name.update(names)
    media._by_channel.clear()
    media._by_channel.update(channels)


PIGEON: dict[str, Any] = {
    "deliverychannel": "pigeon",
    "appid": None,
    "destination": [{"loft": ["north"]}],
    "channels": {"pigeon": {"text": "Hello"}},
}


def test_a_message_of_a_medium_without_apps_names_none(send: Send) -> None:
    message = send(**PIGEON)
    assert (message.channel, message.app_id, message.address) == ("pigeon", None, "NORTH")
    assert message.payload == {"message": "Hello", "from": "ACME"}
    assert OpenMessage.objects.get().app_id == NIL


def test_the_route_of_the_medium_sends_it(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    flown: list[Parcel] = []

    def fly(parcels: list[Parcel]) -> list[Outcome]:
        flown.extend(parcels)
        return [Dispatched({}) for _ in parcels]

    monkeypatch.setitem(ROUTES, "pigeon", ("pigeon", fly))
    message = send(**PIGEON)
    assert mt.process_due() == 0
    assert mt.process_due(lane=SMS) == 1
    assert [parcel.told.address for parcel in flown] == ["NORTH"]
    assert Message.objects.get(pk=message.pk).state == State.SUBMITTED


def test_a_suspended_service_sends_nothing_that_is_queued(send: Send, service: Service) -> None:
    message = send(**PIGEON)
    Service.objects.filter(pk=service.pk).update(state=Service.State.SUSPENDED)
    mt.process_due(lane=SMS)
    assert Message.objects.get(pk=message.pk).code == 7007


def test_the_medium_may_refuse_after_all(intake: Any, order: Any, service: Service) -> None:
    body = order(**PIGEON | {"channels": {"pigeon": {"text": "refuse"}}})
    answer = intake.post("/resources/v1/messaging", json=body)
    assert answer.status_code == 400
    assert "not wanted" in answer.json()["response"][0]["description"]


def test_a_destination_of_another_medium_is_refused(intake: Any, order: Any) -> None:
    body = order(**PIGEON | {"destination": [{"userid": ["u1"]}]})
    answer = intake.post("/resources/v1/messaging", json=body)
    assert answer.json()["response"][0]["code"] == "7004"


def test_a_medium_with_apps_still_needs_one(intake: Any, order: Any) -> None:
    answer = intake.post("/resources/v1/messaging", json=order(appid=None))
    assert answer.json()["response"][0]["code"] == "7003"
