"""Signing in and out, with throttling, second factor, password reset and their audit."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client

from imiconnect.accounts import services
from imiconnect.accounts.models import Member
from imiconnect.audit.models import AuditEntry
from imiconnect.vault import decrypt
from tests.factories import PASSWORD, make_user

LOGIN = "/account/login/"
NEW = "a-completely-new-word"


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """Forget what earlier tests counted."""
    cache.clear()


def sign_in(client: Client, member: Member, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": member.user.email, "password": password})


def code_of(member: Member) -> str:
    secret = Authenticator.objects.get(user=member.user, type="totp").data["secret"]
    return code_from(decrypt(secret))


def code_from(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def give_second_factor(client: Client) -> str:
    """Set the second factor up through the pages, and return its secret."""
    url = "/account/second-factor/app/activate/"
    page = client.get(url, follow=True)
    if page.redirect_chain:
        target = f"/account/reauthenticate/?next={url}"
        client.post(target, {"password": PASSWORD, "next": url})
        page = client.get(url)
    secret: str = page.context["form"].secret
    answer = client.post(url, {"code": code_from(secret)})
    assert answer.status_code == 302, answer.content
    return secret


def test_the_address_counts_in_any_case(client: Client, admin: Member) -> None:
    answer = client.post(LOGIN, {"login": admin.user.email.upper(), "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_wrong_password_is_answered_422_in_plain_words(client: Client, admin: Member) -> None:
    answer = sign_in(client, admin, "wrong")
    assert answer.status_code == 422
    assert "The e-mail address or the password is wrong." in answer.content.decode()


def test_an_unknown_address_reads_like_a_wrong_password(client: Client, admin: Member) -> None:
    known = sign_in(client, admin, "wrong").context["form"].errors
    form = {"login": "nobody@example.test", "password": "wrong"}
    assert client.post(LOGIN, form).context["form"].errors == known


def test_the_session_key_is_new_after_sign_in(client: Client, admin: Member) -> None:
    client.get(LOGIN)
    session = client.session
    session["something"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    sign_in(client, admin)
    assert client.session.session_key != before


def test_sign_in_leads_to_a_page_of_this_site_only(client: Client, admin: Member) -> None:
    form = {"login": admin.user.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(LOGIN, form).headers["Location"] == "/"


def test_five_failures_close_the_account_for_a_while(client: Client, admin: Member) -> None:
    for _try in range(5):
        sign_in(client, admin, "wrong")
    answer = sign_in(client, admin)
    assert answer.status_code == 422
    assert "Too many attempts" in answer.content.decode()


def test_another_account_is_open_while_one_is_closed(
    client: Client, admin: Member, viewer: Member
) -> None:
    for _try in range(5):
        sign_in(client, admin, "wrong")
    assert sign_in(Client(REMOTE_ADDR="127.0.0.2"), viewer).status_code == 302


def test_ten_failures_close_an_address_for_every_account(
    client: Client, admin: Member, viewer: Member
) -> None:
    for number in range(10):
        client.post(LOGIN, {"login": f"n{number}@example.test", "password": "wrong"})
    assert sign_in(client, viewer).status_code == 422
    assert sign_in(Client(REMOTE_ADDR="127.0.0.2"), viewer).status_code == 302


def test_the_address_of_a_forged_header_is_not_believed(client: Client, admin: Member) -> None:
    for number in range(10):
        form = {"login": f"n{number}@example.test", "password": "wrong"}
        client.post(LOGIN, form, headers={"X-Forwarded-For": f"10.0.0.{number}"})
    assert sign_in(client, admin).status_code == 422


def test_sign_up_is_closed(client: Client, db: None) -> None:
    answer = client.post("/account/signup/", {"email": "a@example.test", "password1": NEW})
    assert "by invitation" in answer.content.decode()


def test_sign_in_failure_and_sign_out_are_recorded(client: Client, admin: Member) -> None:
    sign_in(client, admin, "wrong")
    sign_in(client, admin)
    client.post("/account/logout/")
    entries = AuditEntry.objects.filter(action__startswith="sign_in.").order_by("id")
    assert [entry.action for entry in entries] == [
        "sign_in.failed",
        "sign_in.succeeded",
        "sign_in.ended",
    ]
    assert {entry.organization_id for entry in entries} == {admin.organization_id}
    assert {entry.address for entry in entries} == {"127.0.0.1"}


def test_no_audit_entry_holds_the_password(client: Client, admin: Member) -> None:
    sign_in(client, admin, "wrong-but-secret")
    kept = [str(row) for row in AuditEntry.objects.values_list("before", "after")]
    assert "wrong-but-secret" not in " ".join(kept)


def test_with_a_second_factor_the_password_is_not_enough(
    client: Client, admin: Member, client_of: Callable[[Member], Client]
) -> None:
    sign_in(client, admin)
    give_second_factor(client)
    other = Client()
    answer = sign_in(other, admin)
    assert answer.headers["Location"] == "/account/second-factor/code/"
    assert other.get("/account/").status_code == 302
    code = {"code": code_of(admin)}
    cache.clear()
    answer = other.post("/account/second-factor/code/", code)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_wrong_code_is_answered_422_and_recorded(client: Client, admin: Member) -> None:
    sign_in(client, admin)
    give_second_factor(client)
    other = Client()
    sign_in(other, admin)
    answer = other.post("/account/second-factor/code/", {"code": "000000"})
    assert answer.status_code == 422
    assert AuditEntry.objects.filter(action="sign_in.code_failed").exists()


def test_a_recovery_code_works_once(client: Client, admin: Member) -> None:
    sign_in(client, admin)
    give_second_factor(client)
    page = client.get("/account/second-factor/recovery-codes/")
    code = page.context["unused_codes"][0]
    answers = []
    for _try in range(2):
        other = Client()
        sign_in(other, admin)
        answer = other.post("/account/second-factor/code/", {"code": code})
        answers.append(answer.status_code)
    assert answers == [302, 422]


def test_the_secret_of_a_second_factor_is_encrypted(client: Client, admin: Member) -> None:
    sign_in(client, admin)
    secret = give_second_factor(client)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert decrypt(stored) == secret


def test_a_second_factor_is_recorded_and_told_by_mail(
    client: Client, admin: Member, django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client, admin)
    with django_capture_on_commit_callbacks(execute=True):
        give_second_factor(client)
    assert AuditEntry.objects.filter(action="second_factor.added").exists()
    assert mail.outbox[-1].to == [admin.user.email]


def test_a_forgotten_password_is_set_by_the_link_of_the_mail(
    client: Client, admin: Member
) -> None:
    client.post("/account/password/reset/", {"email": admin.user.email})
    link = re.search(r"http\S+/account/password/reset/key/\S+", mail.outbox[0].body)
    assert link
    page = client.get(link[0].split("8000", 1)[-1], follow=True)
    url = page.redirect_chain[-1][0]
    assert url.endswith("-set-password/")
    answer = client.post(url, {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    assert sign_in(Client(), admin, NEW).status_code == 302
    assert AuditEntry.objects.filter(action="password.reset").exists()


def test_an_unknown_address_gets_the_same_page_and_no_link(client: Client, db: None) -> None:
    answer = client.post("/account/password/reset/", {"email": "nobody@example.test"})
    assert answer.headers["Location"] == "/account/password/reset/done/"
    assert "/password/reset/key/" not in mail.outbox[0].body


def test_a_dead_mail_server_costs_the_mail_and_not_the_page(
    client: Client, admin: Member, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    answer = client.post("/account/password/reset/", {"email": admin.user.email})
    assert answer.status_code == 302


def test_a_new_password_signs_the_other_sessions_out(client: Client, admin: Member) -> None:
    other = Client()
    sign_in(client, admin)
    sign_in(other, admin)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/account/password/change/", form).headers["Location"] == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert AuditEntry.objects.filter(action="password.changed").exists()


def test_a_weak_password_is_refused(client: Client, admin: Member) -> None:
    sign_in(client, admin)
    form = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    assert client.post("/account/password/change/", form).status_code == 422


def test_the_sessions_page_signs_out_the_others(client: Client, admin: Member) -> None:
    other = Client()
    sign_in(client, admin)
    sign_in(other, admin)
    assert len(client.get("/account/sessions/").context["sessions"]) == 2
    client.post("/account/sessions/")
    assert other.get("/account/").status_code == 302
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("key", "age"), [("seen_at", 12 * 3600 + 10), ("signed_in_at", 14 * 86400 + 10)]
)
def test_an_old_session_ends(client: Client, admin: Member, key: str, age: int) -> None:
    sign_in(client, admin)
    assert client.get("/account/").status_code == 200
    session = client.session
    session[key] -= age
    session.save()
    assert client.get("/account/").status_code == 302


def test_a_person_switched_off_by_support_is_signed_out(client: Client, admin: Member) -> None:
    sign_in(client, admin)
    services.add_member(user=make_user(), level=admin.organization, role=admin.role)
    services.set_person_active(user=admin.user, active=False)
    assert client.get("/account/").status_code == 302
