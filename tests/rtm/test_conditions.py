"""Conditions over attributes and device state, from the request to the outcome."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.apps.models import App
from imiconnect.rtm import topics
from imiconnect.rtm.conditions import Condition, parse, unfulfilled
from imiconnect.rtm.models import Callback, Customer, Device, Message
from imiconnect.rtm.processors import fanout, mt
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service

Send = Callable[..., Message]
BATTERY = {"attribute": "device.battery", "operator": "ge", "value": 5, "or_unknown": True}
GOLD = {"attribute": "customer.plan", "operator": "in", "value": ["gold", "platinum"]}


def outcome(message: Message) -> tuple[State, int]:
    """Send what is due and return what became of a message."""
    mt.process_due()
    message.refresh_from_db()
    return State(message.state), message.code


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"battery": 4}, (State.FAILED, 7301)),
        ({"battery": "4%"}, (State.FAILED, 7301)),
        ({"battery": 5}, (State.SUBMITTED, 7501)),
        ({}, (State.SUBMITTED, 7501)),
    ],
)
def test_a_customer_with_a_low_battery_is_left_out(
    device: Device, send: Send, attributes: Any, expected: Any
) -> None:
    Device.objects.filter(pk=device.pk).update(attributes=attributes)
    message = send(conditions=[BATTERY])
    assert outcome(message) == expected
    if expected[1] == 7301:
        assert message.reason == "Skipped, unless device.battery is at least 5.0."
        assert Callback.objects.get(message_id=message.pk).event == "failed"


@pytest.mark.django_db(transaction=True)
def test_one_device_that_fits_is_enough(device: Device, rtm_app: App, send: Send) -> None:
    for name, charge in (("d2", 3), ("d3", 80)):
        Device.objects.create(
            app=rtm_app, user_id="u1", device_id=name, attributes={"battery": charge}
        )
    assert outcome(send(conditions=[BATTERY])) == (State.SUBMITTED, 7501)
    only = send(conditions=[BATTERY], destination=[{"deviceid": ["d2"]}])
    assert outcome(only) == (State.FAILED, 7301)


@pytest.mark.django_db(transaction=True)
def test_of_a_topic_those_are_left_out_whose_battery_is_low(
    rtm_app: App, service: Service, intake: Any, order: Callable[..., dict[str, Any]]
) -> None:
    topic = topics.create_topic(app=rtm_app, name="news")
    charges = {"ana": 3, "ben": 80, "cora": None}
    topics.subscribe(topic=topic, user_ids=charges)
    for user, charge in charges.items():
        known = {} if charge is None else {"battery": charge}
        Device.objects.create(app=rtm_app, user_id=user, device_id="d", attributes=known)
    body = order(destination=[{"topic": ["news"]}], conditions=[BATTERY])
    assert intake.post("/resources/v1/messaging", json=body).status_code == 202
    while fanout.process_due():
        pass
    mt.process_due()
    rows = Message.objects.values_list("address", "state", "code")
    assert {user: (State(state), code) for user, state, code in rows} == {
        "ana": (State.FAILED, 7301),
        "ben": (State.SUBMITTED, 7501),
        "cora": (State.SUBMITTED, 7501),
    }
    left_out = Message.objects.get(address="ana")
    assert Callback.objects.get(message_id=left_out.pk).event == "failed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("plan", "expected"),
    [("gold", State.SUBMITTED), ("basic", State.FAILED), (None, State.FAILED)],
)
@pytest.mark.parametrize("named", [{"userid": ["u1"]}, {"customerid": ["c1"]}])
def test_the_customers_profile_decides_however_the_customer_is_named(
    device: Device, rtm_app: App, send: Send, plan: Any, expected: State, named: Any
) -> None:
    customer = Customer.objects.create(
        organization=rtm_app.organization, customer_id="c1",
        attributes={"plan": plan} if plan else {},
    )  # fmt: skip
    Device.objects.filter(pk=device.pk).update(customer=customer)
    assert outcome(send(conditions=[GOLD], destination=[named]))[0] is expected


@pytest.mark.django_db(transaction=True)
def test_a_message_that_was_handed_over_is_not_left_out_afterwards(
    device: Device, send: Send
) -> None:
    from django.utils import timezone

    from imiconnect.rtm.models import OpenMessage

    message = send(conditions=[BATTERY])
    assert outcome(message)[0] is State.SUBMITTED
    Device.objects.filter(pk=device.pk).update(attributes={"battery": 1})
    OpenMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
    assert outcome(message)[0] is State.SUBMITTED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "wrong",
    [
        "x", {"a": 1}, [5], [{}], [BATTERY | {"operator": "like"}], [BATTERY | {"more": 1}],
        [BATTERY | {"attribute": "battery"}], [BATTERY | {"attribute": "device."}],
        [BATTERY | {"operator": "in"}], [GOLD | {"operator": "eq"}], [BATTERY] * 11,
        [BATTERY | {"value": "x" * 501}], [BATTERY | {"value": None}],
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused(
    intake: Any, order: Any, service: Any, wrong: Any
) -> None:
    answer = intake.post("/resources/v1/messaging", json=order(conditions=wrong))
    assert (answer.status_code, answer.json()["response"][0]["code"]) == (400, "7004")


values = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=3))


@given(
    known=st.dictionaries(st.sampled_from(["a", "b"]), values),
    operator=st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
    value=st.one_of(st.integers(-9, 9), st.text(max_size=3)),
    or_unknown=st.booleans(),
)
def test_any_attribute_gives_an_answer(
    known: Any, operator: Any, value: Any, or_unknown: bool
) -> None:
    raw = {"attribute": "device.a", "operator": operator, "value": value}
    (stored,) = parse([raw | {"or_unknown": or_unknown}])
    broken = unfulfilled([Condition(**stored)], {}, [known])
    if known.get("a") is None:
        assert (broken is None) is or_unknown
