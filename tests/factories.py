"""Plain functions that make people and levels, with names of their own.

They write the rows that the services write, in as few queries as there are tables, and none
of the audit: nearly every test begins with them, and the services have tests of their own.
"""

import datetime as dt
import time
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string

from imiconnect.accounts.middleware import SessionLimits
from imiconnect.accounts.models import Group, Member, Organization, Team, User
from imiconnect.accounts.roles import Role
from imiconnect.accounts.services.permission_groups import new_permission_group
from imiconnect.accounts.services.rules import Level, columns_of
from imiconnect.accounts.standing import ORGANIZATION_KEY
from imiconnect.identity import uuid7
from imiconnect.vault import digest, new_key

PASSWORD = "correct-horse-battery"
_numbers = count(1)


def make_organization(name: str = "") -> Organization:
    """Make a tenant."""
    key, row_id = new_key(), uuid7()
    return Organization.objects.create(
        id=row_id,
        name=name or f"Organization {next(_numbers)}",
        profile_key=key,
        profile_key_digest=digest(key),
        permission_group=new_permission_group("organization", row_id),
    )


def make_group(organization: Organization, name: str = "") -> Group:
    """Make a group of an organization."""
    row_id = uuid7()
    return Group.objects.create(
        id=row_id,
        organization=organization,
        name=name or f"Group {next(_numbers)}",
        permission_group=new_permission_group("group", row_id),
    )


def make_team(group: Group, name: str = "") -> Team:
    """Make a team of a group."""
    row_id = uuid7()
    return Team.objects.create(
        id=row_id,
        group=group,
        name=name or f"Team {next(_numbers)}",
        permission_group=new_permission_group("team", row_id),
    )


def make_user(name: str = "", email: str = "", **fields: Any) -> User:
    """Make a person with the password ``PASSWORD`` and no seat."""
    number = next(_numbers)
    return User.objects.create_user(
        email or f"person{number}@example.test",
        PASSWORD,
        name=name or f"Person {number}",
        **fields,
    )


def make_member(level: Level, role: Role = Role.ADMIN, name: str = "") -> Member:
    """Make a person with a seat."""
    user = make_user(name=name)
    member = Member.objects.create(user=user, role=role, **columns_of(level))
    held = {member.organization.permission_group_id, level.permission_group_id}
    membership = User.groups.through
    membership.objects.bulk_create(
        membership(user_id=user.pk, group_id=group) for group in sorted(held)
    )
    return member


def client_of(member: Member, **options: Any) -> Client:
    """Return a client signed in as the person, in the organization of this seat.

    ``force_login`` does the same in many more queries.
    """
    client = Client(**options)
    client.cookies[settings.SESSION_COOKIE_NAME] = new_session(
        member.user, **{ORGANIZATION_KEY: str(member.organization_id)}
    )
    return client


def new_session(user: User, **values: Any) -> str:
    """Return the key of a new session in which a person is signed in."""
    store, now = SessionStore(), int(time.time())
    key: str = get_random_string(32, VALID_KEY_CHARS)
    said = {
        auth.SESSION_KEY: str(user.pk),
        auth.BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
        auth.HASH_SESSION_KEY: user.get_session_auth_hash(),
        SessionLimits.SIGNED_IN: now,
        SessionLimits.SEEN: now,
    }
    Session.objects.create(
        session_key=key,
        session_data=store.encode(said | values),
        expire_date=timezone.now() + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE),
    )
    return key
