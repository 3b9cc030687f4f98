"""Invitations: from the mail to the seat."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from imiconnect.accounts import services
from imiconnect.accounts.mail import send_invitation
from imiconnect.accounts.models import Invitation, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.invitations import OpenInvitation
from imiconnect.audit.models import AuditEntry
from tests.factories import PASSWORD, make_user

ADDRESS = "new.person@example.test"
JOIN = {"name": "New Person", "password": "long-enough-for-this"}


@pytest.fixture
def offer(admin: Member, team: Team) -> OpenInvitation:
    """An open invitation to the team Cards as Developer."""
    return services.invite(email=ADDRESS, level=team, role=Role.DEVELOPER, by=admin)


def follow(client: Client, token: str) -> Any:
    return client.get(f"/invitation/{token}/", follow=True)


def test_the_mail_has_a_link_that_works(offer: Any, client: Client) -> None:
    assert send_invitation(offer)
    link = re.search(r"http://\S+(/invitation/\S+/)", mail.outbox[0].body)
    assert link
    page = client.get(link[1], follow=True)
    assert page.redirect_chain == [("/invitation/", 302)]
    assert "Join Northwind Bank" in page.content.decode()


def test_the_database_does_not_hold_the_token(offer: Any) -> None:
    assert offer.token not in str(Invitation.objects.values().get(pk=offer.invitation.pk))


def test_somebody_new_joins_with_a_name_and_a_password(
    offer: Any, client: Client, team: Team
) -> None:
    follow(client, offer.token)
    assert client.post("/invitation/", JOIN).headers["Location"] == "/"
    seat = Member.objects.get(user__email=ADDRESS)
    assert (seat.level, seat.role) == (team, Role.DEVELOPER)
    assert client.get("/account/").status_code == 200
    assert AuditEntry.objects.get(action="invitation.accepted").actor == seat.user


def test_a_link_works_once(offer: Any, client: Client) -> None:
    follow(client, offer.token)
    client.post("/invitation/", JOIN)
    assert follow(Client(), offer.token).status_code == 404


def test_a_weak_password_makes_no_account(offer: Any, client: Client) -> None:
    follow(client, offer.token)
    assert client.post("/invitation/", JOIN | {"password": "short"}).status_code == 422
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_person_with_an_account_signs_in_to_join(offer: Any, client: Client) -> None:
    user = make_user(email=ADDRESS)
    page = follow(client, offer.token)
    assert "Sign in to join" in page.content.decode()
    assert client.post("/invitation/", JOIN).status_code == 422
    form = {"login": ADDRESS, "password": PASSWORD, "next": "/invitation/"}
    assert client.post("/account/login/", form).headers["Location"] == "/invitation/"
    assert client.post("/invitation/").headers["Location"] == "/"
    assert Member.objects.filter(user=user).exists()


def test_somebody_else_does_not_join(
    offer: Any, viewer: Member, client_of: Callable[[Member], Client]
) -> None:
    client = client_of(viewer)
    page = follow(client, offer.token)
    assert "You are signed in as" in page.content.decode()
    assert client.post("/invitation/", JOIN).status_code == 422
    assert Member.objects.filter(user=viewer.user).count() == 1


def test_an_expired_link_is_closed_and_may_be_replaced(
    offer: Any, admin: Member, team: Team, client: Client
) -> None:
    Invitation.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert follow(client, offer.token).status_code == 404
    services.invite(email=ADDRESS, level=team, role=Role.VIEWER, by=admin)


def test_a_withdrawn_link_is_closed(offer: Any, admin: Member, client: Client) -> None:
    services.withdraw_invitation(invitation=offer.invitation, by=admin)
    assert follow(client, offer.token).status_code == 404
    with pytest.raises(ValidationError, match="accepted or withdrawn"):
        services.resend_invitation(invitation=offer.invitation, by=admin)


def test_sending_again_ends_the_first_link(offer: Any, admin: Member, client: Client) -> None:
    again = services.resend_invitation(invitation=offer.invitation, by=admin)
    assert follow(client, offer.token).status_code == 404
    assert follow(client, again.token).status_code == 200


def test_an_address_has_one_open_invitation(offer: Any, admin: Member, team: Team) -> None:
    with pytest.raises(ValidationError, match="open invitation"):
        services.invite(email=ADDRESS.upper(), level=team, role=Role.VIEWER, by=admin)


def test_a_member_is_not_invited_again(admin: Member, team: Team) -> None:
    with pytest.raises(ValidationError, match="in the organization already"):
        services.invite(email=admin.user.email, level=team, role=Role.VIEWER, by=admin)


def test_a_group_admin_does_not_invite_above_the_group(
    group_member: Member, organization: Organization
) -> None:
    with pytest.raises(PermissionDenied):
        services.invite(email=ADDRESS, level=organization, role=Role.VIEWER, by=group_member)


def test_a_dead_mail_server_leads_to_the_button_to_send_again(
    admin: Member, client_of: Callable[[Member], Client], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    client = client_of(admin)
    level = f"organization:{admin.organization_id}"
    form = {"email": ADDRESS, "role": "viewer", "level": level}
    answer = client.post("/settings/people/invite/", form, follow=True)
    assert "mail server did not take the mail" in answer.content.decode()
