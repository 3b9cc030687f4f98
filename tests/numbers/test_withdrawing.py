"""Taking back a request that support has not decided: by page, over REST, with mails."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from imiconnect.accounts.models import Member, User
from imiconnect.audit.models import AuditEntry
from imiconnect.numbers.admin.queues import OperatorVerificationAdmin, SenderIdRequestAdmin
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import (
    Country,
    Number,
    OfflineRequest,
    OperatorVerification,
    ShortCode,
)
from imiconnect.numbers.services import offline, senders, short_codes, withdrawing
from tests.factories import client_of


@pytest.fixture
def name(admin: Member, make_number: Any) -> Number:
    """A Sender ID that Northwind's admin has asked for."""
    number: Number = make_number(admin, Kind.SENDER_ID, "NORTHWIND", state=State.PENDING)
    return number


@pytest.fixture
def verifying(admin: Member, catalogue: None) -> Number:
    """A short code that two operators verify."""
    wish = short_codes.Wish(
        Country.objects.get(pk="GB"), "vanity", "60777", operators=["O2", "EE"], purpose="News"
    )
    number = short_codes.request_short_code(member=admin, wish=wish)
    short_codes.begin_verification(number=number)
    return number


def test_it_is_asked_before_it_is_withdrawn_and_the_history_says_so(
    admin: Member, name: Number
) -> None:
    client, url = client_of(admin), f"/numbers/{name.pk}/withdraw/"
    assert f'href="{url}"' in client.get(f"/numbers/{name.pk}/").text
    assert "Support does not decide it any more" in client.get(url).text
    name.refresh_from_db()
    assert name.state == State.PENDING
    page = client.post(url, follow=True).text
    name.refresh_from_db()
    assert name.state == State.WITHDRAWN and url not in page
    assert "This request was withdrawn" in page and "Ask again" in page
    assert [event.state for event in name.events.all()] == [State.PENDING, State.WITHDRAWN]
    assert AuditEntry.objects.filter(action="sender_id.withdrawn").count() == 1


def test_what_is_withdrawn_waits_for_nobody_and_can_be_asked_for_again(
    admin: Member, name: Number
) -> None:
    withdrawing.withdraw(member=admin, number=name)
    assert not Number.objects.filter(**SenderIdRequestAdmin.waits).exists()
    with pytest.raises(ValidationError, match="is withdrawn now"):
        senders.approve(number=name)
    again = senders.request_sender_id(
        member=admin, code="Northwind", country=Country.objects.get(pk="GB")
    )
    assert again.state == State.PENDING


def test_a_decided_request_is_not_withdrawn(admin: Member, name: Number) -> None:
    senders.approve(number=name)
    with pytest.raises(ValidationError, match="is active now"):
        withdrawing.withdraw(member=admin, number=name)
    page = client_of(admin).post(f"/numbers/{name.pk}/withdraw/")
    assert page.status_code == 409 and "nothing to withdraw" in page.text
    name.refresh_from_db()
    assert name.state == State.ACTIVE


def test_a_purchase_is_no_request(admin: Member, make_number: Any) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, "+447400123456", state=State.PENDING)
    with pytest.raises(ValidationError, match="waits for support"):
        withdrawing.withdraw(member=admin, number=number)


def test_a_viewer_and_a_stranger_withdraw_nothing(
    viewer: Member, outsider: Member, name: Number
) -> None:
    for person in (viewer, outsider):
        with pytest.raises(PermissionDenied):
            withdrawing.withdraw(member=person, number=name)
    assert client_of(viewer).post(f"/numbers/{name.pk}/withdraw/").status_code == 403


def test_a_code_in_verification_is_free_and_support_is_told(
    admin: Member,
    outsider: Member,
    verifying: Number,
    mailoutbox: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    User.objects.create_user("sue@support.example", is_staff=True)
    with django_capture_on_commit_callbacks(execute=True):
        withdrawing.withdraw(member=admin, number=verifying)
    [mail] = mailoutbox
    assert mail.to == ["sue@support.example"] and "60777 of Northwind" in mail.subject
    assert not OperatorVerification.objects.filter(**OperatorVerificationAdmin.waits).exists()
    assert not OperatorVerification.objects.filter(result="waiting").exists()
    assert not ShortCode.objects.get().is_active
    wish = short_codes.Wish(Country.objects.get(pk="GB"), "vanity", "60777", purpose="News")
    again = short_codes.request_short_code(member=outsider, wish=wish)
    short_codes.begin_verification(number=again)


def test_a_colleague_withdraws_and_who_had_asked_is_told(
    admin: Member,
    asset_manager: Member,
    name: Number,
    mailoutbox: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        withdrawing.withdraw(member=asset_manager, number=name)
    [mail] = mailoutbox
    assert mail.to == [admin.user.email] and str(asset_manager.user) in mail.body


def test_an_offline_request_is_withdrawn_from_its_list(admin: Member, viewer: Member) -> None:
    wish = offline.place_request(member=admin, country_name="Nauru", quantity=2)
    url = f"/numbers/requests/{wish.pk}/withdraw/"
    assert url not in client_of(viewer).get("/numbers/requests/").text
    client = client_of(admin)
    assert url in client.get("/numbers/requests/").text
    assert "Nauru" in client.get(url).text
    page = client.post(url, follow=True).text
    assert "Withdrawn" in page and url not in page
    with pytest.raises(ValidationError, match="was withdrawn"):
        offline.answer(request=wish, text="Soon", accepted=True, by=None)
    assert client.post(url).status_code == 409


def test_both_are_withdrawn_over_rest(admin: Member, outsider: Member, name: Number) -> None:
    wish = offline.place_request(member=admin, country_name="Nauru", quantity=2)
    urls = [
        f"/api/v1/numbers/{name.pk}/withdraw/",
        f"/api/v1/numbers/offline-requests/{wish.pk}/withdraw/",
    ]
    for url in urls:
        assert client_of(outsider).post(url).status_code == 404
        answer = client_of(admin).post(url)
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        assert client_of(admin).post(url).status_code == 400
    assert OfflineRequest.objects.get().state == "withdrawn"
