"""The answers of a form are shown in the form's order."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.identity import uuid7
from imiconnect.rtm.models import Callback, Inbound, Message
from imiconnect.rtm.processors import mo
from imiconnect.rtm.protocol.states import State
from imiconnect.sharing.models import Service

pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = [
    {"name": "surname", "label": "Surname"},
    {"name": "at", "label": "Day", "type": "date"},
    {"name": "newPin", "label": "New PIN"},
    {"name": "mail"},
]
#: In another order than the form's, and than the one in which a database keeps names.
ANSWER = {"mail": "ada@example.com", "note": "Hi", "at": "2026-11-27", "newPin": "1234"}
ANSWER |= {"surname": "Lovelace"}


@pytest.fixture
def form(rtm_app: App, service: Service) -> Message:
    """A message to u1 with a form."""
    return asked(rtm_app, service)


def asked(app: App, service: Service, **parts: Any) -> Message:
    key = uuid7()
    media = [{"contentType": "template", "fields": []}, {"identifier": "f", "fields": FIELDS}]
    values: dict[str, Any] = {
        "id": key, "transid": key, "organization": app.organization, "service": service,
        "app": app, "channel": "rt", "direction": 0, "address": "u1",
        "state": State.DELIVERED, "created_at": timezone.now(),
        "payload": {"message": "Book", "media": media},
    }  # fmt: skip
    return Message.objects.create(**values | parts)


def answered(app: App, tid: Any, identifier: str = "f") -> Message:
    """Let u1 answer the form of a message."""
    data = {"type": "formResponse", "identifier": identifier, "payload": ANSWER}
    body = {"message": "", "relatedTid": str(tid), "interactiveData": data}
    Inbound.objects.create(app_id=app.pk, address="u1", device_id="d1", body=body)
    mo.process_due()
    return Message.objects.filter(direction=1).order_by("-id")[0]


def named(html: str) -> list[str]:
    """Return the names in the definition list of the answers."""
    names = re.findall(r"<dt>([^<]+)</dt>", html)
    known = ("Surname", "Day", "New PIN", "mail", "note", "surname", "at", "newPin")
    return [name for name in names if name in known]


IN_ORDER = ["Surname", "Day", "New PIN", "mail", "note"]


def test_desk_journey_and_log_show_answers_in_the_order_of_the_form(
    form: Message, rtm_app: App, admin: Member, client_of: Any
) -> None:
    answer, client = answered(rtm_app, form.pk), client_of(admin)
    desk = client.get(f"/conversations/{answer.thread_id}/").content.decode()
    assert named(desk.partition('class="desk-said"')[2]) == IN_ORDER
    journey = client.get(reverse("rtm:journey", args=[answer.pk])).content.decode()
    assert named(journey) == IN_ORDER
    assert "<dd>1234</dd>" not in journey
    log = client.get(reverse("rtm:messages")).content.decode()
    assert "Form answer: Lovelace · 2026-11-27 · ••••••" in log


def test_servers_and_devices_get_the_answer_as_it_was_sent(
    form: Message, rtm_app: App, service: Service
) -> None:
    answered(rtm_app, form.pk)
    body = Callback.objects.get(kind="mo").body
    assert "formFields" not in body
    assert "ada@example.com" in body


@pytest.mark.parametrize("tid", ["", "x", "01900000-0000-7000-8000-000000000000"])
def test_an_answer_to_no_known_form_is_shown_as_it_is_stored(rtm_app: App, tid: str) -> None:
    assert "formFields" not in answered(rtm_app, tid).payload


def test_the_form_of_another_app_orders_nothing(rtm_app: App, service: Service) -> None:
    other = App.objects.create(
        organization=rtm_app.organization,
        app_id="NB87654321",
        name="Other",
        channel_type="mobile_web",
    )
    foreign = asked(other, service)
    assert "formFields" not in answered(rtm_app, foreign.pk).payload


def test_of_two_forms_the_one_that_is_named_counts(form: Message, rtm_app: App) -> None:
    first = {"identifier": "other", "fields": [{"name": "mail", "label": "E-mail"}]}
    form.payload["media"] = [first, *form.payload["media"]]
    form.save()
    assert answered(rtm_app, form.pk).payload["formFields"][0]["name"] == "surname"
    assert answered(rtm_app, form.pk, "other").payload["formFields"][0]["label"] == "E-mail"
