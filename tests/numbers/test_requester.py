"""What the requester of a short code or keyword sees and is mailed, until the decision."""

import datetime as dt
import re
from html import unescape
from typing import Any

import pytest
from django.utils.formats import date_format

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Country, KeywordDetails, Number, ShortCode
from imiconnect.numbers.services import senders, short_codes
from tests.factories import client_of


@pytest.fixture
def asked(admin: Member, catalogue: None) -> Number:
    """A short code that Northwind has asked for at two operators."""
    wish = short_codes.Wish(
        Country.objects.get(pk="GB"),
        "vanity",
        "60777",
        operators=["O2", "Vodafone"],
        monthly_volume=1000,
        purpose="Alerts",
    )
    return short_codes.request_short_code(member=admin, wish=wish)


@pytest.fixture
def keyword(admin: Member, make_number: Any) -> Number:
    """A keyword that Northwind has asked for on a shared code."""
    code = ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)
    number: Number = make_number(
        admin,
        Kind.KEYWORD,
        "SAVINGS",
        short_code=code,
        state=State.PENDING,
    )
    return number


def seen(member: Member, number: Number) -> str:
    return client_of(member).get(f"/numbers/{number.pk}/").text


def test_a_requested_code_says_what_comes_next(admin: Member, asked: Number) -> None:
    text = seen(admin, asked)
    assert "Support looks at this request" in text and "up to two working days" in text
    assert text.count("Pending") >= 3 and "Verifying" not in text


def test_a_code_in_verification_says_until_when(admin: Member, asked: Number) -> None:
    short_codes.begin_verification(number=asked)
    due = asked.verifications.all()[0].due_on
    assert due is not None and due > dt.date.today()
    text = seen(admin, asked)
    assert f"until {date_format(due, 'l j M Y')}" in text
    assert "O2" in text and "Vodafone" in text


def test_the_result_of_each_operator_is_seen_and_the_end_is_mailed_once(
    admin: Member, asked: Number, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    short_codes.begin_verification(number=asked)
    first, second = asked.verifications.order_by("id")
    with django_capture_on_commit_callbacks(execute=True):
        short_codes.decide_verification(check=first, verified=True)
    assert "Verified by O2" in seen(admin, asked) and not mailoutbox
    with django_capture_on_commit_callbacks(execute=True):
        short_codes.decide_verification(check=second, verified=True)
    text = seen(admin, asked)
    assert "Verified; the code can be used" in text and "working days" not in text
    [mail] = mailoutbox
    assert (mail.to, mail.subject) == ([admin.user.email], "Short Code 60777: Active")


def test_a_refusal_of_an_operator_is_seen_with_its_reason_and_mailed_once(
    admin: Member, asked: Number, mailoutbox: Any, django_capture_on_commit_callbacks: Any
) -> None:
    short_codes.begin_verification(number=asked)
    with django_capture_on_commit_callbacks(execute=True):
        short_codes.decide_verification(
            check=asked.verifications.get(operator="O2"), verified=False, reason="Not ours"
        )
    text = seen(admin, asked)
    assert "This request was rejected" in text and "O2: Not ours" in text
    [mail] = mailoutbox
    assert "O2: Not ours" in mail.body


@pytest.mark.parametrize("approved", [True, False])
def test_a_keyword_waits_is_decided_and_mailed_once(
    admin: Member,
    keyword: Number,
    mailoutbox: Any,
    django_capture_on_commit_callbacks: Any,
    approved: bool,
) -> None:
    assert "Support looks at this request" in seen(admin, keyword)
    with django_capture_on_commit_callbacks(execute=True):
        if approved:
            senders.approve(number=keyword)
        else:
            senders.reject(number=keyword, reason="A brand of somebody else")
    text = seen(admin, keyword)
    assert "Support looks at this request" not in text
    assert ("A brand of somebody else" in text) == ("was rejected" in text) == (not approved)
    [mail] = mailoutbox
    assert mail.subject == f"Keyword SAVINGS: {'Active' if approved else 'Rejected'}"


def test_a_rejected_sender_id_leads_to_its_form_with_what_was_asked_for(
    admin: Member, viewer: Member, make_number: Any
) -> None:
    name = make_number(admin, Kind.SENDER_ID, "NORTH & WIND", state=State.PENDING)
    senders.reject(number=name, reason="A brand of somebody else")
    link = re.search(r'href="([^"]+)">Ask again', seen(admin, name))
    assert link is not None
    form = client_of(admin).get(unescape(link[1])).context["form"]
    assert (form["code"].value(), form["country"].value()) == ("NORTH & WIND", "GB")
    assert "Ask again" not in seen(viewer, name)


def test_a_rejected_keyword_leads_to_its_form_with_its_details(
    admin: Member, outsider: Member, keyword: Number
) -> None:
    details = {
        "email": "ada@example.com", "service_name": "Savings", "choice": "vanity",
        "desired_short_code": "55555", "is_existing_website": False,
    }  # fmt: skip
    KeywordDetails.objects.create(number=keyword, **details)
    senders.reject(number=keyword, reason="A brand of somebody else")
    link = re.search(r'href="([^"]+)">Ask again', seen(admin, keyword))
    assert link is not None
    form = client_of(admin).get(unescape(link[1])).context["form"]
    asked = {name: form[name].value() for name in ("keyword", *details)}
    assert asked == {"keyword": "SAVINGS", **details, "is_existing_website": "no"}
    theirs = client_of(outsider).get(unescape(link[1])).context["form"]
    assert not theirs["keyword"].value()
