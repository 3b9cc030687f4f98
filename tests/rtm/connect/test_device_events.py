"""What devices tell of themselves: the app's policy decides what is kept of it."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.attributes import DEVICE_ATTRIBUTES
from imiconnect.apps.models import App
from imiconnect.rtm import housekeeping
from imiconnect.rtm.connect.device_events import Report, report_all, report_event
from imiconnect.rtm.connect.presence import Event, beat, forget_dead, record_all
from imiconnect.rtm.connect.registration import Link, set_customer_id
from imiconnect.rtm.inactive import forget_inactive
from imiconnect.rtm.models import (
    ConnectionHolder,
    Customer,
    Device,
    DeviceEvent,
    RuleEvent,
)
from imiconnect.rtm.processors.rules import process_due
from imiconnect.sharing.models import RuleRun, Service
from imiconnect.sharing.rules.services import Draft, create_rule
from imiconnect.sharing.services import allocate, set_state
from tests.objects import make_service
from tests.rtm.connect.conftest import MakeApp, MakeDevice, new_device
from tests.rtm.connect.test_register import call

ALL = tuple(DEVICE_ATTRIBUTES)


def linked(app: App) -> Device:
    """Register Jane's phone as customer CRN-1's."""
    new_device(app)
    return set_customer_id(device=Device.objects.get(app=app), link=Link("CRN-1"))


def test_an_event_is_written_on_the_profile_and_its_data_on_the_device(
    make_app: MakeApp,
) -> None:
    device = linked(make_app(device_attributes=ALL))
    report_event(
        device=device, event="LOCATIONCHANGE",
        data={"location": [51.5, -0.1], "oldlocation": [48.8, 2.3]},
    )  # fmt: skip
    event = Customer.objects.get().events.exclude(kind="register").get()
    assert (event.kind, event.name) == ("location", "LOCATIONCHANGE")
    assert event.data == {"location": [51.5, -0.1], "oldlocation": [48.8, 2.3]}
    device.refresh_from_db()
    assert device.attributes["location"] == [51.5, -0.1]
    assert "oldlocation" not in device.attributes


@pytest.mark.parametrize("data", [{"batterylevel": "4 %"}, {"level": 4}, {"Battery": 4.0}])
def test_the_charge_is_a_number_whatever_the_device_calls_it(app: App, data: Any) -> None:
    device = linked(app)
    report_event(device=device, event="BATTERYCHANGE", data=data)
    device.refresh_from_db()
    assert device.attributes["battery"] == 4


def test_an_event_that_the_policy_does_not_name_leaves_nothing(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    jane = make_device()
    answer = call(
        app.app_id, "profileupdate", client_key, jane.token, clientId=jane.client_id,
        event="LOCATIONCHANGE", data={"update": {"location": [51.5, -0.1]}},
    )  # fmt: skip
    assert answer.json()["code"] == "0"
    assert "policy keeps no such events" in answer.json()["description"]
    assert not DeviceEvent.objects.filter(kind="location").exists()
    assert "location" not in Device.objects.get().attributes


def test_an_event_of_the_apps_own_comes_over_rest(
    app: App, client_key: str, make_device: MakeDevice
) -> None:
    jane = make_device()
    call(
        app.app_id, "profileupdate", client_key, jane.token, clientId=jane.client_id,
        event="basket_left", data={"update": {"items": 3}},
    )  # fmt: skip
    event = DeviceEvent.objects.get(kind="custom")
    assert (event.name, event.data) == ("basket_left", {"items": 3})
    assert Device.objects.get().attributes == {}


def test_personal_attributes_are_dropped_unless_the_app_asks_for_them(
    make_app: MakeApp,
) -> None:
    from imiconnect.rtm.connect.registration import Profile, register_device

    told = {"os": "Android", "IMEI": "356938035643809", "imsi": "234150", "loyalty": "gold"}
    kept = {}
    for name, words in {"default": None, "all": ALL}.items():
        app = make_app(**({"device_attributes": words} if words else {}))
        done = register_device(
            app=app, user_id="jane", device_id="a", profile=Profile(attributes=told)
        )
        kept[name] = done.device.attributes
    assert kept == {"default": {"os": "Android", "loyalty": "gold"}, "all": told}


@pytest.mark.parametrize("event", ["", "BATTERY"])
def test_a_device_that_invents_names_keeps_no_more_than_its_share(app: App, event: str) -> None:
    device = linked(app)
    report = {"app": app.pk, "user_id": device.user_id, "device_id": device.device_id}
    for start in range(0, 150, 50):
        invented = {f"n{number}": number for number in range(start, start + 50)}
        report_all([Report(**report, event=event, data=invented)])
    report_all([Report(**report, event=event, data={"n1": "newest"})])
    report_all([Report(**report, event=event, data={"n2": "x" * 33_000})])
    device.refresh_from_db()
    assert device.attributes.keys() == {f"n{number}" for number in range(100)}
    assert (device.attributes["n1"], device.attributes["n2"]) == ("newest", 2)


def test_coming_and_going_is_on_the_customers_timeline(app: App) -> None:
    device = linked(app)
    for epoch, connected in ((1, True), (1, False), (1, True)):
        record_all([Event(device.pk, epoch, connected)])
    kinds = device.events.exclude(kind="register").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["connected", "disconnected"]


def test_a_silent_device_is_forgotten_after_the_days_of_its_app(
    make_app: MakeApp,
) -> None:
    now = timezone.now()
    for days in (10, 40):
        app = make_app(inactive_days=days)
        for user, silent in (("jane", 9), ("bob", 11), ("eve", 41)):
            new_device(app, user)
            seen = now - dt.timedelta(days=silent)
            Device.objects.filter(app=app, user_id=user).update(last_seen_at=seen)
    Device.objects.filter(user_id="eve", app=app).update(is_connected=True)
    assert forget_inactive(now) == 2
    left = Device.objects.order_by("pk").values_list("user_id", flat=True)
    assert list(left) == ["jane", "jane", "bob", "eve"]


def test_what_happened_long_ago_is_deleted(app: App) -> None:
    from imiconnect.identity import first_uuid7_at

    device = linked(app)
    old = first_uuid7_at(timezone.now() - dt.timedelta(days=181))
    DeviceEvent.objects.filter(device=device).update(id=old)
    report_event(device=device, event="BATTERY", data={"level": 50})
    housekeeping.delete_old(timezone.now())
    assert device.events.get().kind == "battery"


@pytest.fixture
def listening(admin: Member, app: App) -> Service:
    """A live service that uses the app and has a rule over device events."""
    service = make_service(admin, "Alerts")
    allocate(service=service, app=app)
    set_state(service=service, state=Service.State.LIVE)
    draft = Draft(
        name="Away",
        listens="device",
        action="url",
        url="https://customer.test/away",
        conditions=[{"field": "event", "operator": "is", "value": "disconnected"}],
    )
    create_rule(service=service, draft=draft)
    return service


def noted() -> list[str]:
    """Return the kinds of events that wait for rules, in their order."""
    rows = RuleEvent.objects.order_by("pk")
    return [row.values["event"] for row in rows]


def test_coming_and_going_starts_rules_as_often_as_it_counts(
    app: App, listening: Service, make_device: MakeDevice
) -> None:
    make_device()
    device = Device.objects.get()
    RuleEvent.objects.all().delete()
    for epoch, connected in ((1, True), (2, True), (1, False), (2, False), (2, False)):
        record_all([Event(device.pk, epoch, connected)])
    assert noted() == ["connected", "connected", "disconnected"]
    process_due()
    assert [run.address for run in RuleRun.objects.all()] == ["jane"]


def test_devices_of_a_dead_server_go_offline_for_rules_too(
    app: App, listening: Service
) -> None:
    device = linked(app)
    record_all([Event(device.pk, 1, True, "ws:one")])
    beat("ws:one")
    RuleEvent.objects.all().delete()
    ConnectionHolder.objects.update(seen_at="2020-01-01T00:00Z")
    assert forget_dead() == 1
    assert noted() == ["disconnected"]
    assert device.events.order_by("-pk")[0].kind == "disconnected"


def test_without_such_a_rule_coming_online_leaves_no_row(
    app: App, make_device: MakeDevice
) -> None:
    make_device()
    record_all([Event(Device.objects.get().pk, 1, True)])
    assert not RuleEvent.objects.exists()
