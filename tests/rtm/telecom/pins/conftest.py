"""A customer, an app that asks for PINs, and a device of it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps import services as app_services
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.numbers.models import Number
from imiconnect.rtm.models import Customer, Message
from imiconnect.rtm.processors.rules import process_due
from imiconnect.sharing import services
from imiconnect.sharing.models import Allocation, Service

MOBILE = "447400123456"
WEB = {"platform": "web", "systems": ["chrome"]}


@pytest.fixture
def sender(admin: Member, sms_service: Service, new_number: Callable[..., Number]) -> Number:
    """A Sender ID that is mapped to the service."""
    row = new_number(admin, "sender_id", "NORTHWIND", country_id=None)
    services.allocate_number(service=sms_service, number=row, channel="sms")
    return row


@pytest.fixture
def app(admin: Member, sms_service: Service, sender: Number, carrier: Any) -> App:
    """A Mobile/Web app that asks for PINs, whose incoming messages the service gets."""
    row = app_services.create_app(
        member=admin,
        name="Shop",
        channel_type="mobile_web",
        config=WEB,
        policy=Policy(pin_required=True, pin_sender_id="NORTHWIND", profile_required=False),
    )
    Allocation.objects.create(service=sms_service, app=row, channel="rt", is_inbound=True)
    return row


@pytest.fixture
def ada(organization: Organization) -> Customer:
    """A customer with a mobile number, whose customer ID is a user ID."""
    return Customer.objects.create(
        organization=organization,
        customer_id="ada",
        attributes={"msisdn": "+44 7400 123456"},
    )


class Phone:
    """A device that calls with the client key, from an address of the network."""

    source = "198.51.100.1"

    def __init__(self, app: App) -> None:
        """Take the key in force."""
        self.app, self.key = app, app_services.current_client_key(app).secret

    def say(self, what: str, user: str = "ada", device: str = "d1", **more: Any) -> Any:
        """Call and return the answer."""
        body = {"userId": user, "deviceId": device} | more
        url = f"/rtmsAPI/api/v3/{self.app.app_id}/{what}"
        client = Client(headers={"secretKey": self.key}, REMOTE_ADDR=self.source)
        return client.post(url, body, content_type="application/json")

    def asks(self, times: int, **named: str) -> list[int]:
        """Ask for PINs so often and return the answers' codes."""
        return [self.say("generatePin", **named).status_code for _ in range(times)]

    def pin(self, user: str = "ada", device: str = "d1") -> str:
        """Ask for a PIN and return the one of the text."""
        assert self.say("generatePin", user, device).status_code == 200
        process_due()
        text = Message.objects.filter(channel="sms").order_by("-id")[0].payload["message"]
        return re.findall(r"\d{6}", text)[0]

    def token(self, pin: str, **named: str) -> str:
        """Validate a PIN and return its proof, empty for a wrong one."""
        return str(self.say("validatePin", pin=pin, **named).json().get("pinToken", ""))


@pytest.fixture
def phone(app: App) -> Phone:
    """A device of the app."""
    return Phone(app)
