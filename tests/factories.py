"""Plain functions that make rows through the services, with names of their own."""

from itertools import count
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from imiconnect.accounts import services
from imiconnect.accounts.models import Group, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.rules import Level
from imiconnect.accounts.standing import ORGANIZATION_KEY

PASSWORD = "correct-horse-battery"
_numbers = count(1)


def make_organization(name: str = "") -> Organization:
    """Make a tenant."""
    return services.create_organization(name=name or f"Organization {next(_numbers)}")


def make_group(organization: Organization, name: str = "") -> Group:
    """Make a group of an organization."""
    return services.create_group(
        organization=organization, name=name or f"Group {next(_numbers)}"
    )


def make_team(group: Group, name: str = "") -> Team:
    """Make a team of a group."""
    return services.create_team(group=group, name=name or f"Team {next(_numbers)}")


def make_user(name: str = "", email: str = "", **fields: Any) -> User:
    """Make a person with the password ``PASSWORD`` and no seat."""
    number = next(_numbers)
    user = services.create_person(
        email=email or f"person{number}@example.test",
        name=name or f"Person {number}",
        password=PASSWORD,
    )
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()
    return user


def make_member(level: Level, role: Role = Role.ADMIN, name: str = "") -> Member:
    """Make a person with a seat."""
    return services.add_member(user=make_user(name=name), level=level, role=role)


def client_of(member: Member, **options: Any) -> Client:
    """Return a client signed in as the person, in the organization of this seat.

    ``force_login`` does the same in six times as many queries.
    """
    session = SessionStore()
    session.update(
        {
            auth.SESSION_KEY: str(member.user_id),
            auth.BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            auth.HASH_SESSION_KEY: member.user.get_session_auth_hash(),
            ORGANIZATION_KEY: str(member.organization_id),
        }
    )
    session.create()
    client = Client(**options)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client
