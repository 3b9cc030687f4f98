"""Sending one SMS from the console, with its parts counted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from imiconnect.accounts.models import Member, Team
from imiconnect.rtm.models import Message
from imiconnect.rtm.telecom.send_form import senders_of
from imiconnect.sharing import services
from imiconnect.sharing.models import Service
from tests.sharing.conftest import make_number

ClientOf = Callable[[Member], Client]
URL = "/messages/send/sms/"


@pytest.fixture
def telecom(admin: Member) -> Service:
    """A live service with the Sender ID NWBANK."""
    service = services.create_service(member=admin, name="Alerts")
    number = make_number(admin, "sender_id", "NWBANK")
    services.allocate_number(service=service, number=number, channel="sms")
    return services.set_state(service=service, state="live")


def answers(service: Service, **changes: str) -> dict[str, str]:
    sender = service.number_allocations.get()
    values = {"sender": str(sender.pk), "to": "+44 7400 123456", "text": "Hello"}
    return values | {"kind": "text"} | changes


@pytest.mark.django_db(transaction=True)
def test_the_purpose_of_a_text_goes_with_it(
    telecom: Service, developer: Member, client_of: ClientOf
) -> None:
    client_of(developer).post(URL, answers(telecom, purpose="promotional"))
    assert Message.objects.get().payload["purpose"] == "promotional"


@pytest.mark.django_db(transaction=True)
def test_an_sms_is_accepted_and_its_journey_shows_sender_and_parts(
    telecom: Service, developer: Member, client_of: ClientOf
) -> None:
    client = client_of(developer)
    page = client.post(URL, answers(telecom, text="Ж" * 71), follow=True)
    message = Message.objects.get()
    assert (message.channel, message.address) == ("sms", "447400123456")
    assert message.payload["from"] == "NWBANK"
    shown = page.content.decode()
    assert "NWBANK" in shown and "2 (text, ucs2)" in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"to": "12"}, "Enter a mobile number with its country code"),
        ({"text": ""}, "Enter the text"),
        ({"text": "Ж" * 700}, "Text must take 10 parts or fewer."),
    ],
)
def test_what_is_refused_at_its_field(
    telecom: Service,
    developer: Member,
    client_of: ClientOf,
    changes: dict[str, str],
    sentence: str,
) -> None:
    page = client_of(developer).post(URL, answers(telecom, **changes))
    assert page.status_code == 422 and sentence in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": "a" * 161}, "2 parts, GSM alphabet."),
        ({"text": "it’s"}, "Unicode because of: ’"),
        ({"text": "a", "kind": "unicode"}, "1 part, Unicode. Room for 69 more"),
        ({"text": ""}, "A part holds 160 characters"),
    ],
)
def test_the_parts_are_counted(
    developer: Member, client_of: ClientOf, values: dict[str, Any], said: str
) -> None:
    assert said in client_of(developer).post(f"{URL}parts/", values).content.decode()


@pytest.mark.django_db
def test_a_person_sends_from_what_is_for_the_team_or_everybody(
    admin: Member, telecom: Service, team: Team, team_member: Member
) -> None:
    own = make_number(admin, "sender_id", "CARDS")
    services.allocate_number(service=telecom, number=own, channel="sms", team=team)
    assert [row.number.value for row in senders_of(admin)] == ["NWBANK"]
