"""The pages of one customer."""

from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.rtm.customers.timeline import PAGE
from imiconnect.rtm.models import Customer, Device, DeviceEvent, Message

History = dict[str, Message]


def test_the_timeline_has_messages_of_all_channels_and_events(
    grace: Customer, history: History, viewer: Member, client_of: Any
) -> None:
    page = client_of(viewer).get(f"/customers/{grace.pk}/").content.decode()
    for words in ("Your parcel is on its way", "SMS", "Battery", "batterylevel: 4"):
        assert words in page
    assert f"/messages/{history['other'].pk}/" not in page
    events = client_of(viewer).get(f"/customers/{grace.pk}/?kind=event").content.decode()
    assert "Battery" in events
    assert "Your parcel" not in events


def test_the_timeline_goes_on_where_its_page_ends(
    grace: Customer, app: App, viewer: Member, client_of: Any
) -> None:
    for number in range(PAGE + 3):
        DeviceEvent.objects.create(
            app=app, customer=grace, user_id="alice", device_name="d1", kind="custom",
            name=f"event-{number}",
        )  # fmt: skip
    url = f"/customers/{grace.pk}/"
    first = client_of(viewer).get(url)
    assert f"event-{PAGE + 2}" in first.content.decode()
    older = first.context["timeline"].older
    rest = client_of(viewer).get(url, {"before": str(older)}).context["timeline"].entries
    assert [entry.title for entry in rest] == ["event-2", "event-1", "event-0"]
    assert client_of(viewer).get(url, {"before": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.ADMIN, 200), (Role.DEVELOPER, 200), (Role.ASSET_MANAGER, 200), (Role.VIEWER, 403)],
)
def test_who_may_change_a_profile(
    grace: Customer, cast: dict[Role, Member], client_of: Any, role: Role, status: int
) -> None:
    device = grace.devices.get()
    for path in (
        "edit/", "delete/", "devices/new/", f"devices/{device.pk}/",
        f"devices/{device.pk}/unlink/", f"devices/{device.pk}/delete/",
    ):  # fmt: skip
        answer = client_of(cast[role]).get(f"/customers/{grace.pk}/{path}")
        assert answer.status_code == status, path


def test_attributes_are_changed_as_lines(
    grace: Customer, asset_manager: Member, client_of: Any
) -> None:
    client = client_of(asset_manager)
    url = f"/customers/{grace.pk}/edit/"
    assert "plan: gold" in client.get(url).content.decode()
    wrong = {"name": "Grace H.", "attributes": "plan: gold\nno colon here"}
    answer = client.post(url, wrong)
    assert answer.status_code == 422
    assert "Line 2 must be written as name: value" in answer.content.decode()
    client.post(url, wrong | {"attributes": 'plan: silver\nage: 41\ntags: ["a"]\nzip: "7"'})
    grace.refresh_from_db()
    assert grace.attributes == {
        "name": "Grace H.", "plan": "silver", "age": 41, "tags": ["a"], "zip": "7",
    }  # fmt: skip
    assert "zip: &quot;7&quot;" in client.get(url).content.decode()
    entry = AuditEntry.objects.get(action="customer.updated")
    assert entry.after == {"attributes": ["age", "msisdn", "name", "plan", "tags", "zip"]}
    assert "silver" not in str((entry.before, entry.after))


def test_deleting_the_profile_keeps_devices_and_messages(
    grace: Customer, history: History, admin: Member, client_of: Any
) -> None:
    client_of(admin).post(f"/customers/{grace.pk}/delete/")
    assert not Customer.objects.exists()
    assert Device.objects.get().customer is None
    assert Message.objects.get(pk=history["rtm"].pk).address == "alice"


def test_an_app_profile_is_made_changed_unlinked_and_deleted(
    grace: Customer, app: App, admin: Member, client_of: Any
) -> None:
    client = client_of(admin)
    url = f"/customers/{grace.pk}/devices/"
    body = {"app": app.pk, "user_id": "grace2", "attributes": "os: Android"}
    assert client.post(f"{url}new/", body | {"user_id": "a/b"}).status_code == 422
    client.post(f"{url}new/", body)
    made = Device.objects.get(user_id="grace2")
    assert (made.customer, made.attributes) == (grace, {"os": "Android"})
    assert made.device_id.startswith("prepared-")
    client.post(f"{url}{made.pk}/", {"attributes": "os: iOS"})
    made.refresh_from_db()
    assert made.attributes == {"os": "iOS"}
    client.post(f"{url}{made.pk}/unlink/")
    assert list(grace.devices.values_list("user_id", flat=True)) == ["alice"]
    client.post(f"{url}{grace.devices.get().pk}/delete/")
    assert not grace.devices.exists()


def test_a_device_of_another_customer_is_not_found_under_this_one(
    grace: Customer, app: App, admin: Member, client_of: Any
) -> None:
    other = Device.objects.create(app=app, user_id="bob", device_id="d1")
    answer = client_of(admin).get(f"/customers/{grace.pk}/devices/{other.pk}/")
    assert answer.status_code == 404
