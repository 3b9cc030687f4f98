"""Grace, a customer with a phone, messages on two channels, and events."""

from typing import Any

import pytest
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.connect.device_events import report_event
from imiconnect.rtm.directory import create_customer
from imiconnect.rtm.models import Customer, Device, Message
from imiconnect.sharing.models import Service
from tests.rtm.pages.conftest import app, log_message, service

__all__ = ["app", "service"]

PHONE = "+447700900123"


@pytest.fixture
def grace(admin: Member, app: App) -> Customer:
    """Grace, with the phone ``d1`` on which she is ``alice`` in the app."""
    customer = create_customer(
        member=admin, customer_id="1001",
        attributes={"name": "Grace", "msisdn": "+44 7700 900123", "plan": "gold"},
    )  # fmt: skip
    Device.objects.create(app=app, user_id="alice", device_id="d1", customer=customer)
    return customer


@pytest.fixture
def history(grace: Customer, service: Service, app: App) -> dict[str, Message]:
    """An RTM message, a text, a message to her customer ID, and one of somebody else."""
    report_event(device=grace.devices.get(), event="BATTERYCHANGE", data={"batterylevel": 4})
    key, named = uuid7(), uuid7()
    common: dict[str, Any] = {
        "organization": grace.organization, "service": service, "created_at": timezone.now(),
        "state": 1,
    }  # fmt: skip
    return {
        "rtm": log_message(service, app, correlation_id="order-17", callback_data="secret"),
        "sms": Message.objects.create(
            id=key, transid=key, channel="sms", address=PHONE, address_type="msisdn",
            payload={"text": "Your code is 123"}, **common,
        ),
        "named": Message.objects.create(
            id=named, transid=named, channel="rt", address="", address_type="customerid",
            app=app, payload={"message": "To nobody yet", "to": "1001"}, **common,
        ),
        "other": log_message(service, app, address="bob"),
    }  # fmt: skip
