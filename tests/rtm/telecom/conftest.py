"""A live service with numbers, and a carrier that says what it is told to."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from imiconnect.accounts.models import Member
from imiconnect.numbers.carriers import base, registry
from imiconnect.numbers.carriers.messaging import (
    Accepted,
    Carries,
    Hook,
    HookAnswer,
    OutgoingSms,
    Submission,
)
from imiconnect.numbers.models import CarrierAccount, Number, ShortCode
from imiconnect.numbers.services import history, reference
from imiconnect.rtm.intake import addresses
from imiconnect.rtm.lanes import SMS
from imiconnect.rtm.models import Message
from imiconnect.rtm.processors import dr, mo, mt, provider
from imiconnect.sharing import services
from imiconnect.sharing.models import Service, ServiceKey
from imiconnect.vault import digest
from tests.rtm.conftest import SERVICE_KEY

ADDRESS = "447400123456"


class Carrier:
    """A carrier outside: it takes every text under the reference, unless told otherwise."""

    slug = "acme"
    name = "Acme"
    twin = ""
    carries = frozenset({Carries.SMS})
    sent: list[OutgoingSms]
    answer: Submission | None

    def __init__(self, account: base.Account) -> None:
        self.account = account

    def problems(self) -> list[Any]:
        return []

    def submit(self, batch: Sequence[OutgoingSms]) -> list[Submission]:
        Carrier.sent.extend(batch)
        return [Carrier.answer or Accepted(f"acme-{sms.reference}") for sms in batch]

    def verify(self, hook: Hook) -> bool:
        return False

    def parse(self, hook: Hook) -> HookAnswer:
        return HookAnswer()


@pytest.fixture
def carrier(db: None, monkeypatch: pytest.MonkeyPatch) -> type[Carrier]:
    """Acme, the only carrier."""
    monkeypatch.setattr(registry, "messengers_by_slug", lambda: {"acme": Carrier})
    CarrierAccount.objects.all().delete()
    reference.keep(CarrierAccount(slug="acme"))
    Carrier.sent, Carrier.answer = [], None
    return Carrier


@pytest.fixture
def sms_service(admin: Member, new_number: Callable[..., Number]) -> Service:
    """A live service with the phone number +44 7400 000001, which wants all receipts."""
    row = Service.objects.create(
        organization=admin.organization,
        name="Alerts",
        receipt_url="https://customer.test/dr",
        receipt_kinds={"sms": ["submitted", "delivered", "failed"]},
        inbound_url="https://customer.test/mo",
    )
    ServiceKey.objects.create(service=row, secret=SERVICE_KEY, digest=digest(SERVICE_KEY))
    phone = new_number(admin, "phone_number", "+447400000001")
    services.allocate_number(service=row, number=phone, channel="sms")
    return services.set_state(service=row, state="live")


@pytest.fixture
def new_number(catalogue: None) -> Callable[..., Number]:
    """A function that gives a person's organization an active British number."""

    def make(member: Member, kind: str, value: str, **fields: Any) -> Number:
        defaults: dict[str, Any] = {"state": "active", "country_id": "GB"}
        return history.create(
            member=member, kind=kind, value=value, text="Made", **(defaults | fields)
        )

    return make


@pytest.fixture
def code(catalogue: None) -> Callable[..., ShortCode]:
    """A function that makes a short code of the United Kingdom."""

    def make(digits: str, **fields: Any) -> ShortCode:
        return ShortCode.objects.create(code=digits, country_id="GB", **fields)

    return make


@pytest.fixture
def sms_order() -> Callable[..., dict[str, Any]]:
    """Make the body of a request; keyword arguments are parts of ``channels.sms``."""

    def make(to: str = ADDRESS, **parts: Any) -> dict[str, Any]:
        return {
            "deliverychannel": "sms",
            "destination": [{"msisdn": [to]}],
            "channels": {"sms": {"type": "1", "text": "Hello"} | parts},
        }

    return make


@pytest.fixture
def send_sms(
    intake: Any, sms_order: Callable[..., dict[str, Any]], sms_service: Service
) -> Callable[..., Message]:
    """Have an SMS accepted and return its row; it is not sent yet."""

    def accepted(to: str = ADDRESS, **parts: Any) -> Message:
        response = intake.post("/resources/v1/messaging", json=sms_order(to, **parts))
        assert response.status_code == 202, response.text
        return Message.objects.get(transid=response.json()["response"][0]["transid"])

    return accepted


@pytest.fixture
def outcome(send_sms: Callable[..., Message], carrier: type[Carrier]) -> Callable[..., Message]:
    """Have an SMS accepted and handed to the carrier; return its row."""

    def sent(to: str = ADDRESS, **parts: Any) -> Message:
        message = send_sms(to, **parts)
        mt.process_due(lane=SMS)
        message.refresh_from_db()
        return message

    return sent


def settle() -> None:
    """Let the processors work on what carriers told."""
    provider.process_due()
    dr.process_due()
    mo.process_due()


@pytest.fixture(autouse=True)
def forgotten_threads() -> None:
    """Forget default threads of the test before."""
    addresses._kept.clear()
