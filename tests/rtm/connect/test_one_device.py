"""One device per user, and one or several users on a phone: what the server enforces."""

import json
import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from imiconnect.apps import services
from imiconnect.apps.models import App
from imiconnect.rtm.connect.endings import EVENT
from imiconnect.rtm.connect.registration import (
    Profile,
    Registered,
    refresh_tokens,
    register_device,
    set_user_id,
)
from imiconnect.rtm.models import Device as Row
from tests.rtm.connect.brokers import Way
from tests.rtm.connect.conftest import Device, MakeApp
from tests.rtm.connect.peers import Peer
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
NOT_AUTHORIZED, BAD_CREDENTIALS = 5, 4


def register(app: App, user_id: str, device_id: str, platform: str = "android") -> Registered:
    return register_device(
        app=app, user_id=user_id, device_id=device_id, profile=Profile(platform=platform)
    )


def client_of(app: App, done: Registered) -> Device:
    """Return what a client of a registration knows."""
    return Device(app.app_id, done.device.user_id, done.device.device_id, done.access_token)


def renewal(app: App, done: Registered) -> dict[str, Any]:
    """Ask for new tokens as a device does that is refused, and return the answer."""
    answer = Client().post(
        f"/rtmsAPI/api/v3/{app.app_id}/token",
        {"refreshToken": done.refresh_token},
        content_type="application/json",
        headers={"secretKey": services.current_client_key(app).secret},
    )
    told: dict[str, Any] = answer.json()
    return told


def standing(user_id: str, device_id: str) -> tuple[bool, str]:
    """Return whether a device is registered, and what has ended it."""
    row = Row.objects.get(user_id=user_id, device_id=device_id)
    return row.unregistered_at is None, row.ended_by


def test_the_older_device_is_told_disconnected_and_refused(
    make_app: MakeApp, path: Way
) -> None:
    app = make_app(single_device_per_user=True)
    old = register(app, "jane", "old")
    with Peer(client_of(app, old), path.port, transport=path.transport) as peer:
        assert peer.code == 0
        peer.subscribe(f"{app.app_id}/jane")
        new = register(app, "jane", "new")
        told = json.loads(peer.received().payload)
        assert (told["payload_type"], told["deviceId"]) == (EVENT, "old")
        assert told["reason"] == "replaced"
        wait_until(lambda: peer.closed)
    with Peer(client_of(app, old), path.port, transport=path.transport) as again:
        assert again.code in (NOT_AUTHORIZED, BAD_CREDENTIALS)
    assert renewal(app, old)["reason"] == "replaced"
    with Peer(client_of(app, new), path.port, transport=path.transport) as peer:
        assert peer.code == 0


def test_a_device_whose_last_renewal_was_lost_still_hears_why_it_was_replaced(
    make_app: MakeApp,
) -> None:
    app = make_app(single_device_per_user=True)
    old = register(app, "jane", "old")
    refresh_tokens(app=app, refresh_token=old.refresh_token)
    assert "reason" not in renewal(app, old), "it works once"
    register(app, "jane", "new")
    assert renewal(app, old)["reason"] == "replaced"
    assert standing("jane", "new") == (True, "")


def test_a_device_of_another_user_stays(make_app: MakeApp) -> None:
    app = make_app(single_device_per_user=True)
    register(app, "jane", "one")
    register(app, "john", "two")
    assert standing("jane", "one") == (True, "")


def test_a_device_that_goes_to_a_user_ends_that_users_other(make_app: MakeApp) -> None:
    app = make_app(single_device_per_user=True)
    register(app, "jane", "old")
    guest = register(app, "", "new")
    set_user_id(device=guest.device, user_id="jane")
    assert standing("jane", "old") == (False, "replaced")
    assert standing("jane", "new") == (True, "")


def test_two_devices_that_register_at_once_leave_one(make_app: MakeApp) -> None:
    app = make_app(single_device_per_user=True)
    start = threading.Barrier(4)

    def come(number: int) -> None:
        start.wait()
        register(app, "jane", f"d{number}")
        connections.close_all()

    threads = [threading.Thread(target=come, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Row.objects.filter(unregistered_at=None).count() == 1


def test_a_replaced_device_may_register_again(make_app: MakeApp) -> None:
    app = make_app(single_device_per_user=True)
    register(app, "jane", "old")
    register(app, "jane", "new")
    register(app, "jane", "old")
    assert standing("jane", "old") == (True, "")
    assert standing("jane", "new") == (False, "replaced")


def test_another_user_of_a_phone_ends_the_first_ones_registration(make_app: MakeApp) -> None:
    app = make_app()
    first = register(app, "jane", "phone")
    register(app, "john", "phone")
    assert standing("jane", "phone") == (False, "taken")
    assert renewal(app, first)["reason"] == "taken"


def test_on_a_shared_phone_only_the_last_user_is_served_in_app(
    make_app: MakeApp, path: Way
) -> None:
    app = make_app(multi_user_per_device=True, client_key_as_password=True)
    first = register(app, "jane", "phone")
    with Peer(client_of(app, first), path.port, transport=path.transport) as peer:
        assert peer.code == 0
        second = register(app, "john", "phone")
        wait_until(lambda: peer.closed)
    assert standing("jane", "phone") == (True, "inactive")
    key = services.current_client_key(app).secret
    for password in (first.access_token, key):
        way = {"transport": path.transport, "password": password}
        with Peer(client_of(app, first), path.port, **way) as again:
            assert again.code in (NOT_AUTHORIZED, BAD_CREDENTIALS)
    with Peer(client_of(app, second), path.port, transport=path.transport) as peer:
        assert peer.code == 0
    assert renewal(app, first)["reason"] == "inactive"


def test_an_inactive_user_says_nothing_by_rest_either(make_app: MakeApp, intake: Any) -> None:
    app = make_app(multi_user_per_device=True, client_key_as_password=True, server_inbox=True)
    register(app, "jane", "phone")
    register(app, "john", "phone")
    headers = {"secretKey": services.current_client_key(app).secret}
    body = {"clientId": f"{app.app_id}/jane/phone", "message": "Hi"}
    url = f"/rtmsAPI/api/v3/{app.app_id}"
    assert intake.post(f"{url}/mo", json=body, headers=headers).json()["reason"] == "inactive"
    answer = Client().post(
        f"{url}/unregister", body, content_type="application/json", headers=headers
    )
    assert answer.json()["reason"] == "inactive"
    inbox = f"/rtmsAPI/api/v3/apps/{app.app_id}/user/jane/threads"
    assert Client().get(inbox, headers=headers).json()["reason"] == "inactive"
    body["clientId"] = f"{app.app_id}/john/phone"
    assert intake.post(f"{url}/mo", json=body, headers=headers).json()["code"] == "0"


def test_the_first_user_of_a_shared_phone_may_become_the_active_one(make_app: MakeApp) -> None:
    app = make_app(multi_user_per_device=True)
    register(app, "jane", "phone")
    register(app, "john", "phone")
    register(app, "jane", "phone")
    assert standing("jane", "phone") == (True, "")
    assert standing("john", "phone") == (True, "inactive")


def test_browsers_are_not_shared_phones(make_app: MakeApp) -> None:
    app = make_app()
    register(app, "jane", "browser", platform="chrome")
    register(app, "john", "browser", platform="chrome")
    assert standing("jane", "browser") == (True, "")
