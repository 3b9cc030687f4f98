"""Calls of devices that meet in PostgreSQL: each gets a documented answer."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from imiconnect.apps.models import App
from imiconnect.rtm.connect.registration import Profile, register_device
from imiconnect.rtm.inactive import forget_inactive
from imiconnect.rtm.models import Device as Row
from tests.racing import met_by
from tests.rtm.connect.conftest import Device, MakeApp, MakeDevice, new_device

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = (404, "7")


@pytest.fixture
def says(app: App, client_key: str) -> Callable[..., tuple[int, str]]:
    """Return a function that calls as a device; it answers the status and the code."""

    def say(device: Device, action: str, **body: Any) -> tuple[int, str]:
        headers = {"secretKey": client_key, "accessToken": device.token}
        # As a server does: a fault is an answer 500.
        answer = Client(headers=headers, raise_request_exception=False).post(
            f"/rtmsAPI/api/v3/{app.app_id}/{action}",
            {"clientId": device.client_id, **body},
            content_type="application/json",
        )
        return answer.status_code, str(answer.json()["code"]) if answer.content else ""

    return say


def hold_all() -> None:
    """Lock the rows of all devices."""
    list(Row.objects.select_for_update().order_by("pk"))


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("setUserId", {"userId": "eve"}),
        ("removeUserId", {}),
        ("setCustomerId", {"customerId": "c1"}),
        ("removeCustomerId", {}),
        ("unregister", {}),
        ("profileupdate", {"event": "", "data": {"update": {"model": "X"}}}),
    ],
)
def test_a_device_that_is_deleted_meanwhile_is_unknown(
    make_device: MakeDevice, says: Any, action: str, body: dict[str, Any]
) -> None:
    jane = make_device()
    told = met_by(Row.objects.all().delete, lambda: says(jane, action, **body))
    assert told == [UNKNOWN]


def test_two_devices_that_become_one_user_at_once_leave_one_of_them(
    make_device: MakeDevice, says: Any
) -> None:
    calls = [
        lambda device=device: says(device, "setUserId", userId="eve")
        for device in (make_device("jane"), make_device("john"))
    ]
    assert met_by(hold_all, *calls) == [(200, "0")] * 2
    assert Row.objects.get().user_id == "eve"


def test_of_two_devices_that_swap_their_users_at_once_one_goes(
    make_device: MakeDevice, says: Any
) -> None:
    jane, john = make_device("jane"), make_device("john")
    told = met_by(
        hold_all,
        lambda: says(jane, "setUserId", userId="john"),
        lambda: says(john, "setUserId", userId="jane"),
    )
    assert sorted(told) == [(200, "0"), UNKNOWN]
    assert Row.objects.count() == 1


def test_a_device_gets_a_name_that_another_one_registers_meanwhile(
    app: App, make_device: MakeDevice, says: Any
) -> None:
    jane = make_device("jane")
    told = met_by(lambda: new_device(app, "eve"), lambda: says(jane, "setUserId", userId="eve"))
    assert told == [(200, "0")]
    assert Row.objects.get().user_id == "eve"


def test_a_registration_outlives_the_one_that_it_ends_and_that_is_deleted_meanwhile(
    make_app: MakeApp,
) -> None:
    app = make_app(single_device_per_user=True)
    new_device(app, "jane", "old")
    other = register_after_the_old_is_gone(app)
    assert other == ["new"]
    assert Row.objects.get().device_id == "new"


def register_after_the_old_is_gone(app: App) -> list[str]:
    def register() -> str:
        done = register_device(
            app=app, user_id="jane", device_id="new", profile=Profile(platform="chrome")
        )
        return str(done.device.device_id)

    return met_by(Row.objects.filter(device_id="old").delete, register)


def test_a_silent_device_that_connects_meanwhile_is_not_forgotten(
    app: App, make_device: MakeDevice
) -> None:
    make_device()
    now = timezone.now()
    Row.objects.update(last_seen_at=now - dt.timedelta(days=90))

    def connect() -> None:
        Row.objects.update(last_seen_at=now, is_connected=True)

    assert met_by(connect, lambda: forget_inactive(now)) == [0]
    assert Row.objects.count() == 1
