"""Customers of a provider's app link themselves: keyword, password by SMS, and back."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from imiconnect.accounts.models import Member, Organization
from imiconnect.apps import services as app_services
from imiconnect.apps.channel_types.events import Incoming
from imiconnect.apps.models import App
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.models import Number
from imiconnect.rtm.masking import MASK
from imiconnect.rtm.models import Contact, Customer, Message, OnboardingStep
from imiconnect.rtm.onboarding.answering import LEASE
from imiconnect.rtm.ott.taking import take
from imiconnect.rtm.processors import mo, mt
from imiconnect.rtm.processors.rules import process_due
from imiconnect.sharing import services
from imiconnect.sharing.models import Allocation, Service

pytestmark = pytest.mark.django_db(transaction=True)

MOBILE, OPENID = "447400123456", "oOpenId"
NO = "000000"


@pytest.fixture
def app(
    admin: Member, sms_service: Service, new_number: Callable[..., Number], carrier: Any
) -> App:
    """A WeChat app whose messages the service gets, with a Sender ID for passwords."""
    sender = new_number(admin, "sender_id", "NORTHWIND", country_id=None)
    services.allocate_number(service=sms_service, number=sender, channel="sms")
    row = app_services.create_app(
        member=admin,
        name="Northwind on WeChat",
        channel_type="wechat",
        config={"appid": "wx0123456789abcdef", "sender_id": "NORTHWIND"},
        secrets={"appsecret": "s" * 32},
    )
    Allocation.objects.create(service=sms_service, app=row, channel="wechat", is_inbound=True)
    return row


@pytest.fixture
def ada(organization: Organization) -> Customer:
    """A customer whose mobile number is written as people write it."""
    return Customer.objects.create(
        organization=organization,
        customer_id="C-1",
        attributes={"msisdn": "+44 7400 123456", "email": "Ada@Example.test"},
    )


Say = Callable[..., str]


@pytest.fixture
def say(app: App) -> Say:
    """Let the customer write; return what they were answered, empty for nothing."""
    counted = iter(range(1, 100))

    def act(text: str, *, name: str = "", address: str = OPENID) -> str:
        before = OnboardingStep.objects.count()
        event = Incoming(
            account="",
            provider_id=name or f"m{next(counted)}",
            address=address,
            at=timezone.now(),
            text=text,
        )
        app.refresh_from_db()
        with transaction.atomic():
            take(app, [event])
        mo.process_due()
        process_due()
        if OnboardingStep.objects.count() == before:
            return ""
        answer = Message.objects.filter(channel="wechat", direction=0).order_by("-id").first()
        return str(answer.payload["message"]) if answer else ""

    return act


def passwords() -> list[str]:
    """Return the passwords of the texts that wait to go out, oldest first."""
    rows = Message.objects.filter(channel="sms", direction=0).order_by("id")
    return [found[0] for row in rows if (found := re.findall(r"\d{6}", row.payload["message"]))]


def linked() -> Customer | None:
    """Return the customer that the contact is linked with."""
    found: Customer | None = Contact.objects.get(address=OPENID).customer
    return found


def actions() -> list[str]:
    rows = AuditEntry.objects.filter(action__startswith="contact.").order_by("id")
    return list(rows.values_list("action", flat=True))


def test_a_customer_is_asked_gets_a_password_and_is_linked(
    say: Say, ada: Customer, carrier: Any
) -> None:
    assert "mobile number" in say("#START")
    assert "one-time password by SMS" in say("+44 7400 123456")
    mt.process_due(lane="sms")
    (text,) = carrier.sent
    assert (text.sender, text.to) == ("NORTHWIND", MOBILE)
    assert say(passwords()[0]) == "Your account is linked. Send #stop to end that."
    assert linked() == ada
    assert actions() == ["contact.linked"]


@pytest.mark.parametrize("keyword", ["#start", "＃start"])
def test_words_and_digits_in_full_width_are_understood(
    say: Say, ada: Customer, app: App, keyword: str
) -> None:
    App.objects.update(config=app.config | {"start_keyword": keyword})
    say("＃Start　４４７４００１２３４５６")
    say(" ".join(chr(ord(digit) + 0xFEE0) for digit in passwords()[0]))
    assert linked() == ada


def test_the_stop_keyword_unlinks(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    say(passwords()[0])
    assert say("#stop") == "Your account is no longer linked. Send #start to link it again."
    assert linked() is None
    assert actions() == ["contact.linked", "contact.unlinked"]
    assert "not linked" in say("#stop")


def test_an_identifier_at_stop_must_be_the_linked_customers(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    say(passwords()[0])
    assert "not linked by that" in say("#stop 447400999999")
    assert linked() == ada
    assert "no longer linked" in say(f"#stop {MOBILE}")


@pytest.mark.parametrize(
    ("kind", "identifier"), [("customerid", "C-1"), ("email", "ada@example.TEST")]
)
def test_other_identifiers_find_the_customer(
    say: Say, ada: Customer, app: App, kind: str, identifier: str
) -> None:
    App.objects.update(config=app.config | {"start_identifier": kind})
    say(f"#start {identifier}")
    say(passwords()[0])
    assert linked() == ada


def test_an_unknown_customer_is_answered_as_a_known_one(say: Say, ada: Customer) -> None:
    known = say(f"#start {MOBILE}")
    assert say("#start 447400999999", address="oOther") == known
    assert len(passwords()) == 1
    known = say(NO)
    assert say(NO, address="oOther") == known


def test_anothers_customer_is_unknown(
    say: Say, ada: Customer, other_organization: Organization
) -> None:
    Customer.objects.update(organization=other_organization)
    say(f"#start {MOBILE}")
    assert passwords() == []


def test_the_fifth_wrong_password_ends_it(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    (right,) = passwords()
    wrong = NO if right != NO else "111111"
    left = [say(wrong) for _ in range(4)]
    assert [answer[-2:] for answer in left] == ["4.", "3.", "2.", "1."]
    assert "begin again" in say(wrong)
    assert say(right) == ""
    assert linked() is None


def test_a_password_ends_after_ten_minutes(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    OnboardingStep.objects.update(ends_at=timezone.now() - dt.timedelta(seconds=1))
    assert "no longer good" in say(passwords()[0])
    assert linked() is None


def test_a_password_of_one_address_is_of_no_use_to_another(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    say("#start 447400999999", address="oThief")
    assert "not the one-time password" in say(passwords()[0], address="oThief")
    assert not Contact.objects.exclude(customer=None).exists()


def test_nobody_gets_more_than_five_passwords_an_hour(say: Say, ada: Customer) -> None:
    for number in range(7):
        say(f"#start {MOBILE}", address=f"o{number}")
    assert len(passwords()) == 5
    answers = [say("#start 447400999999", address="oAsks") for _ in range(6)]
    assert "too many" in answers[-1]
    assert "too many" not in answers[-2]


def test_an_app_without_a_sender_id_says_that_it_links_nobody(
    say: Say, ada: Customer, app: App
) -> None:
    App.objects.update(config=app.config | {"sender_id": ""})
    assert say(f"#start {MOBILE}") == "Accounts cannot be linked here at present."


def test_other_messages_are_left_alone(say: Say, ada: Customer) -> None:
    assert say("hello") == ""
    say(f"#start {MOBILE}")
    assert say("are you there?") == ""
    say(passwords()[0])
    assert say("123456") == ""


def test_the_same_message_again_has_its_effect_once(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}", name="same")
    say(f"#start {MOBILE}", name="same")
    assert OnboardingStep.objects.count() == 1
    assert len(passwords()) == 1


def test_a_processor_that_died_before_it_noted_its_answer_sends_it_once(
    say: Say, ada: Customer
) -> None:
    say(f"#start {MOBILE}")
    OnboardingStep.objects.update(sent_at=None, transid=None, due_at=timezone.now())
    process_due()
    assert len(passwords()) == 1
    step = OnboardingStep.objects.get()
    assert step.transid == Message.objects.get(channel="sms").transid
    assert step.due_at == step.ends_at > timezone.now() + LEASE
    assert "linked" in say(passwords()[0])


def test_no_password_stays_in_the_logs(say: Say, ada: Customer) -> None:
    say(f"#start {MOBILE}")
    (code,) = passwords()
    say(code)
    process_due()
    assert passwords() == []
    heard = Message.objects.filter(direction=1).order_by("id").last()
    assert heard is not None
    assert heard.payload["message"] == MASK
    kept = OnboardingStep.objects.values_list("reply", "digest", "problem", "provider_id")
    assert not any(code in text for row in kept for text in row)


def test_a_password_that_was_never_typed_leaves_the_log_when_it_is_over(
    say: Say, ada: Customer
) -> None:
    say(f"#start {MOBILE}")
    process_due(now=timezone.now() + dt.timedelta(minutes=11))
    assert passwords() == []


def test_an_app_without_a_service_notes_why_nobody_was_answered(
    say: Say, ada: Customer, app: App
) -> None:
    Allocation.objects.all().delete()
    assert say(f"#start {MOBILE}") == ""
    assert "No service" in OnboardingStep.objects.get().problem


def test_the_page_of_the_app_says_why_no_password_goes_out(
    app: App, admin: Member, sms_service: Service, client_of: Any
) -> None:
    client, url = client_of(admin), f"/apps/{app.pk}/"
    assert "no password goes out" not in client.get(url).text
    sms_service.number_allocations.all().delete()
    page = client.get(url).text
    assert f"NORTHWIND is not mapped to the service {sms_service.name}" in page
    assert f"/services/{sms_service.pk}/sms/" in page
    Allocation.objects.all().delete()
    assert "nobody is put on board" in client.get(url).text
