"""A business without an account: from the public page to its first Admin's sign-in."""

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imiconnect.accounts import services
from imiconnect.accounts.business_hours import business_time_after
from imiconnect.accounts.models import Member, Organization, TrialRequest
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services import trials
from imiconnect.audit.models import AuditEntry
from tests.factories import client_of, make_user

FORM = {
    "name": "Nora Newcomer",
    "email": "nora@newcomer.example",
    "business": "Newcomer Ltd",
    "reason": "Answer what customers write to us at Apple.",
}
LIST = reverse("admin:accounts_trialrequest_changelist")


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Forget what earlier tests counted."""
    cache.clear()


@pytest.fixture
def staff(db: None) -> Client:
    """A client of the support staff."""
    user = services.create_staff(email="help@example.test", name="Helpful", password="x" * 16)
    client = Client()
    client.force_login(user)
    return client


def link_in(text: str) -> str:
    found = re.search(r"http://[^/\s]+(/\S+/)", text)
    assert found
    return found[1]


@pytest.fixture
def status(client: Client) -> str:
    """The address of the status page of a request that is asked, and not confirmed."""
    assert client.post("/trial/", FORM).headers["Location"] == "/trial/sent/"
    return link_in(mail.outbox[-1].body)


@pytest.fixture
def waiting(client: Client, status: str) -> TrialRequest:
    """A request that waits for support."""
    client.post(status, {"act": "confirm"})
    found: TrialRequest = TrialRequest.objects.get()
    return found


def decide(staff: Client, act: str, request: TrialRequest, **more: str) -> Any:
    body = {"action": act, "_selected_action": [str(request.pk)], **more}
    return staff.post(LIST, body, follow=True)


def test_the_sign_in_page_leads_to_the_trial(client: Client) -> None:
    assert 'href="/trial/"' in client.get("/account/login/").text
    page = client.get("/trial/").text
    assert "30 days" in page
    assert "about 2 hours on a business day" in page


def test_an_operator_may_offer_no_trials(client: Client, settings: Any) -> None:
    settings.TRIAL_SIGN_UP = False
    assert client.get("/trial/").status_code == 404
    assert client.post("/trial/", FORM).status_code == 404
    assert "/trial/" not in client.get("/account/login/").text


def test_the_link_of_the_mail_confirms_the_address_once(client: Client, status: str) -> None:
    assert mail.outbox[0].to == [FORM["email"]]
    assert "confirm that this address is yours" in client.get(status).text
    assert TrialRequest.objects.get().state == "unconfirmed"
    client.post(status, {"act": "confirm"})
    due = TrialRequest.objects.get().due_at
    client.post(status, {"act": "confirm"})
    assert TrialRequest.objects.get().due_at == due
    assert AuditEntry.objects.filter(action="trial.confirmed").count() == 1


def test_the_status_page_shows_the_due_time(client: Client, waiting: TrialRequest) -> None:
    page = client.get(f"/trial/{waiting.token}/").text
    assert (
        f'datetime="{waiting.due_at.astimezone(dt.UTC).isoformat(timespec="milliseconds")}"'
        in page
    )
    assert waiting.due_at == business_time_after(waiting.confirmed_at, dt.timedelta(hours=2))


def test_an_unknown_link_is_404_and_the_page_is_kept_nowhere(
    client: Client, status: str
) -> None:
    assert client.get("/trial/somebody-elses/").status_code == 404
    assert "no-store" in client.get(status).headers["Cache-Control"]


def test_what_is_missing_is_said_at_its_field(client: Client) -> None:
    answer = client.post("/trial/", {"email": "no address"})
    assert answer.status_code == 422
    for words in ("Enter your name", "name@example.com", "Say what you want to try"):
        assert words in answer.text
    assert not TrialRequest.objects.exists()


@pytest.mark.parametrize(
    "address",
    [f"{'n' * 255}@newcomer.example", f"{'İ' * 200}@newcomer.example"],
    ids=["too long", "too long in small letters"],
)
def test_an_address_longer_than_is_kept_is_said_at_its_field(
    client: Client, address: str
) -> None:
    answer = client.post("/trial/", FORM | {"email": address})
    assert answer.status_code == 422
    assert "at most 254 characters" in answer.text
    assert not TrialRequest.objects.exists()


def test_a_second_request_of_the_address_takes_the_place_of_the_first(
    client: Client, status: str
) -> None:
    client.post("/trial/", FORM | {"email": "NORA@newcomer.example", "business": "Other"})
    assert link_in(mail.outbox[-1].body) == status
    assert TrialRequest.objects.get().business == "Other"


def test_a_waiting_request_is_not_changed_by_a_second_one(
    client: Client, waiting: TrialRequest
) -> None:
    client.post("/trial/", FORM | {"business": "Other"})
    assert TrialRequest.objects.get().business == "Newcomer Ltd"
    assert "already" in mail.outbox[-1].body


def test_an_address_with_an_account_is_told_by_mail_alone(client: Client) -> None:
    make_user(email=FORM["email"])
    assert client.post("/trial/", FORM).headers["Location"] == "/trial/sent/"
    assert not TrialRequest.objects.exists()
    assert "/account/login/" in mail.outbox[-1].body


def test_an_address_is_mailed_three_times_an_hour(client: Client) -> None:
    answers = [client.post("/trial/", FORM).status_code for _ in range(4)]
    assert answers == [302, 302, 302, 429]
    assert len(mail.outbox) == 3


def test_one_client_asks_ten_times_an_hour(client: Client) -> None:
    forms = [FORM | {"email": f"n{number}@newcomer.example"} for number in range(11)]
    answers = [client.post("/trial/", form).status_code for form in forms]
    assert answers == [302] * 10 + [429]


def test_a_mail_server_that_is_down_costs_the_mail_and_not_the_page(
    client: Client, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert client.post("/trial/", FORM).status_code == 302


def test_support_is_mailed_and_sees_the_request_with_its_due_time(
    client: Client, staff: Client, status: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        client.post(status, {"act": "confirm"})
    assert mail.outbox[-1].to == ["help@example.test"]
    assert "An answer is due by" in mail.outbox[-1].body
    request = TrialRequest.objects.get()
    assert "Newcomer Ltd" in staff.get(LIST).text
    page = staff.get(reverse("admin:accounts_trialrequest_change", args=[request.pk])).text
    assert FORM["reason"] in page
    assert request.token not in page


def test_support_sees_a_business_that_asks_twice(
    client: Client, staff: Client, waiting: TrialRequest
) -> None:
    services.create_organization(name="NEWCOMER LTD")
    client.post("/trial/", FORM | {"email": "second@newcomer.example"})
    page = staff.get(reverse("admin:accounts_trialrequest_change", args=[waiting.pk])).text
    assert "Organization NEWCOMER LTD" in page
    assert "second@newcomer.example" in page


def test_an_approval_makes_a_trial_and_invites_its_first_admin(
    client: Client,
    staff: Client,
    waiting: TrialRequest,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        decide(staff, "approve", waiting)
    organization = Organization.objects.get(name="Newcomer Ltd")
    in_days = organization.trial_ends_at - timezone.now()
    assert dt.timedelta(days=29) < in_days <= dt.timedelta(days=30)
    assert "is a trial until" in mail.outbox[-1].body
    newcomer = Client()
    newcomer.get(link_in(mail.outbox[-1].body))
    newcomer.post("/invitation/", {"name": "Nora", "password": "long-enough-for-this"})
    seat = Member.objects.get(user__email=FORM["email"])
    assert (seat.level, seat.role) == (organization, Role.ADMIN)
    assert "Trial until" in newcomer.get("/apps/").text
    assert "Sign in" in client.get(f"/trial/{waiting.token}/").text


def test_a_second_approval_makes_no_second_organization(
    staff: Client, waiting: TrialRequest
) -> None:
    decide(staff, "approve", waiting)
    page = decide(staff, "approve", waiting).text
    assert "was decided on already" in page
    assert Organization.objects.filter(name="Newcomer Ltd").count() == 1
    by = AuditEntry.objects.get(action="trial.approved").actor
    assert by.email == "help@example.test"


def test_a_request_that_is_not_confirmed_is_not_decided_on(staff: Client, status: str) -> None:
    request = TrialRequest.objects.get()
    assert "has not confirmed" in decide(staff, "approve", request).text
    assert not Organization.objects.filter(name="Newcomer Ltd").exists()


def test_the_requester_has_the_invitation_mailed_again(
    client: Client, waiting: TrialRequest
) -> None:
    trials.approve_trial(request=waiting, by=None)
    page = client.post(f"/trial/{waiting.token}/", {"act": "invitation"}, follow=True).text
    assert "A new invitation was mailed" in page
    link = link_in(mail.outbox[-1].body)
    assert "Join Newcomer Ltd" in Client().get(link, follow=True).text


def test_a_decline_is_mailed_with_its_reason_and_may_be_asked_anew(
    client: Client,
    staff: Client,
    waiting: TrialRequest,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        decide(staff, "decline", waiting, apply="1", text="Not registered at Apple.")
    assert "Not registered at Apple." in mail.outbox[-1].body
    assert "Not registered at Apple." in client.get(f"/trial/{waiting.token}/").text
    assert "decided on already" in decide(staff, "approve", waiting).text
    client.post("/trial/", FORM)
    assert TrialRequest.objects.filter(state="unconfirmed").count() == 1


def test_nobody_declines_without_a_reason(waiting: TrialRequest) -> None:
    with pytest.raises(ValidationError, match="requester reads it"):
        trials.decline_trial(request=waiting, reason="  ", by=None)


def test_a_trial_that_is_over_is_suspended_until_support_prolongs_it(
    staff: Client, waiting: TrialRequest
) -> None:
    organization = trials.approve_trial(request=waiting, by=None)
    seat = services.add_member(user=make_user(), level=organization, role=Role.ADMIN)
    over = timezone.now() - dt.timedelta(seconds=1)
    trials.set_trial_end(organization=organization, ends_at=over)
    assert trials.end_trials() == 1
    assert trials.end_trials() == 0
    page = client_of(seat).get("/apps/")
    assert (page.status_code, "The trial of Newcomer Ltd ended" in page.text) == (403, True)
    url = reverse("admin:accounts_organization_change", args=[organization.pk])
    staff.post(url, {"name": organization.name, "is_active": "on"})
    assert client_of(seat).get("/apps/").status_code == 200
    assert Organization.objects.get(pk=organization.pk).trial_ends_at is None


def test_a_trial_that_gets_more_time_meanwhile_goes_on(organization: Organization) -> None:
    found = Organization.objects.get(pk=organization.pk)
    later = timezone.now() + dt.timedelta(days=1)
    trials.set_trial_end(organization=organization, ends_at=later)
    found.trial_ends_at = timezone.now() - dt.timedelta(days=1)
    assert not trials.end_trial(organization=found)
    assert Organization.objects.get(pk=organization.pk).is_active


def test_an_address_that_is_never_confirmed_is_forgotten(client: Client, status: str) -> None:
    assert trials.forget_unconfirmed() == 0
    TrialRequest.objects.update(created_at=timezone.now() - dt.timedelta(days=8))
    assert trials.forget_unconfirmed() == 1


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # A Tuesday morning, its last hour, its night; a Friday's end; a Sunday.
        ("2026-09-01T10:00", "2026-09-01T12:00"),
        ("2026-09-01T16:00", "2026-09-02T10:00"),
        ("2026-09-01T03:00", "2026-09-01T11:00"),
        ("2026-09-04T16:30", "2026-09-07T10:30"),
        ("2026-09-06T12:00", "2026-09-07T11:00"),
    ],
)
def test_the_due_time_counts_open_hours(start: str, due: str) -> None:
    begun = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)
    found = business_time_after(begun, dt.timedelta(hours=2))
    assert found.isoformat().startswith(due)


def test_open_hours_are_those_of_the_supports_place(settings: Any) -> None:
    settings.SUPPORT_TIME_ZONE = "America/New_York"
    begun = dt.datetime(2026, 9, 1, 10, tzinfo=dt.UTC)
    assert business_time_after(begun, dt.timedelta(hours=2)).hour == 15
