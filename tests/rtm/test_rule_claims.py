"""What devices claim of a customer is no fact for rules: the platform knows the customer."""

import pytest

from imiconnect.apps.models import App
from imiconnect.rtm.connect.device_events import report_event
from imiconnect.rtm.connect.registration import Profile, update_profile
from imiconnect.rtm.models import Customer, Device, Inbound, Message
from imiconnect.rtm.processors import mo
from imiconnect.rtm.processors.rules import process_due
from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.services import Draft, create_rule

pytestmark = pytest.mark.django_db(transaction=True)

CLAIMS = {"customer_id": "1001", "profile.tier": "gold"}
TEXT = "{{customer_id}} {{profile.name}} {{profile.tier}}"


@pytest.fixture(autouse=True)
def grace(service: Service) -> Customer:
    """A customer, whose device is not the one that speaks."""
    attributes = {"name": "Grace", "tier": "silver"}
    row: Customer = Customer.objects.create(
        organization=service.organization, customer_id="1001", attributes=attributes
    )
    return row


def told_by(service: Service, listens: str) -> None:
    """Let a rule say what it knows of the customer."""
    draft = Draft(name="What", listens=listens, action="message", text=f"You: {TEXT}.")
    create_rule(service=service, draft=draft)


def said() -> list[str]:
    """Return what the rule has said."""
    process_due()
    rows = Message.objects.filter(direction=Message.Direction.MT).order_by("id")
    return [row.payload["message"] for row in rows]


def test_a_devices_claims_of_a_customer_do_not_count(service: Service, device: Device) -> None:
    told_by(service, "device")
    report_event(device=device, event="basket", data=CLAIMS)
    update_profile(device=device, profile=Profile(attributes=CLAIMS))
    assert said() == ["You:   .", "You:   ."]


def test_a_buttons_claims_of_a_customer_do_not_count(
    rtm_app: App, service: Service, device: Device
) -> None:
    told_by(service, "postback")
    pressed = {"type": "templatePostback", "payload": "YES"}
    body = {"message": "Yes", "extras": CLAIMS, "interactiveData": pressed}
    Inbound.objects.create(app_id=rtm_app.pk, address="u1", device_id="d1", body=body)
    mo.process_due()
    assert said() == ["You:   ."]


def test_the_linked_customer_counts_whatever_the_device_claims(
    service: Service, device: Device, grace: Customer
) -> None:
    told_by(service, "device")
    Device.objects.update(customer=grace)
    device.refresh_from_db()
    report_event(device=device, event="basket", data={"customer_id": "1002"} | CLAIMS)
    assert said() == ["You: 1001 Grace silver."]
