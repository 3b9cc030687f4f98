"""Organizations, groups and teams."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.roles import Act
from imiconnect.accounts.services.permission_groups import new_permission_group
from imiconnect.accounts.services.rules import Level, lock_organization, may, organization_id_of
from imiconnect.audit.services import record
from imiconnect.identity import uuid7
from imiconnect.sources import checked_sources
from imiconnect.vault import digest, fingerprint, new_key


@transaction.atomic
def create_organization(*, name: str) -> Organization:
    """Make a tenant with a fresh profile key; only the platform does."""
    key = new_key()
    organization = Organization(
        id=uuid7(), name=name, profile_key=key, profile_key_digest=digest(key)
    )
    organization.permission_group = new_permission_group("organization", organization.pk)
    organization.full_clean()
    organization.save(force_insert=True)
    record(
        "organization.created",
        organization,
        organization_id=organization.pk,
        after={"name": name, "profile_key": fingerprint(key)},
    )
    return organization


@transaction.atomic
def create_group(*, organization: Organization, name: str, by: Member | None = None) -> Group:
    """Make a group; raises ``ValidationError`` for a name that the organization has."""
    may(by, Act.MANAGE_PEOPLE, organization)
    organization = lock_organization(organization.pk)
    group = Group(id=uuid7(), organization=organization, name=name)
    group.permission_group = new_permission_group("group", group.pk)
    group.full_clean()
    group.save(force_insert=True)
    record("group.created", group, after={"name": name})
    return group


@transaction.atomic
def create_team(*, group: Group, name: str, by: Member | None = None) -> Team:
    """Make a team; raises ``ValidationError`` for a name that the group has."""
    may(by, Act.MANAGE_PEOPLE, group)
    lock_organization(group.organization_id)
    team = Team(id=uuid7(), group=group, name=name)
    team.permission_group = new_permission_group("team", team.pk)
    team.full_clean()
    team.save(force_insert=True)
    record(
        "team.created",
        team,
        organization_id=group.organization_id,
        after={"name": name, "group": group.name},
    )
    return team


@transaction.atomic
def rename(*, level: Level, name: str, by: Member | None = None) -> None:
    """Give an organization, group or team another name; an unchanged one does nothing."""
    act = Act.MANAGE_SETTINGS if isinstance(level, Organization) else Act.MANAGE_PEOPLE
    may(by, act, level)
    organization_id = organization_id_of(level)
    lock_organization(organization_id)
    level.refresh_from_db(fields=["name"])
    before = level.name
    if before == name:
        return
    level.name = name
    try:
        level.full_clean()
    except Exception:
        level.name = before
        raise
    level.save(update_fields=["name"])
    record(
        f"{level._meta.model_name}.renamed",
        level,
        organization_id=organization_id,
        before={"name": before},
        after={"name": name},
    )


@transaction.atomic
def regenerate_profile_key(
    *, organization: Organization, keep_old_for: dt.timedelta, by: Member | None = None
) -> str:
    """Make a new profile key and return it; the old one works on for ``keep_old_for``.

    An older one that was still in its time stops at once: two are valid at most.
    """
    may(by, Act.MANAGE_SETTINGS, organization)
    organization = lock_organization(organization.pk)
    before = organization.profile_key
    key = new_key()
    organization.previous_profile_key_digest = organization.profile_key_digest
    organization.previous_profile_key_until = timezone.now() + keep_old_for
    organization.profile_key, organization.profile_key_digest = key, digest(key)
    organization.save(
        update_fields=[
            "profile_key",
            "profile_key_digest",
            "previous_profile_key_digest",
            "previous_profile_key_until",
        ]
    )
    record(
        "organization.profile_key_regenerated",
        organization,
        organization_id=organization.pk,
        before={"profile_key": fingerprint(before)},
        after={
            "profile_key": fingerprint(key),
            "old_valid_until": organization.previous_profile_key_until.isoformat(),
        },
    )
    return key


@transaction.atomic
def set_profile_sources(
    *, organization: Organization, sources: Iterable[str], by: Member | None = None
) -> None:
    """Let the profile key be used from these addresses and networks only; none: from anywhere.

    Raises ``ValidationError`` on ``allowed_sources``.
    """
    may(by, Act.MANAGE_SETTINGS, organization)
    organization = lock_organization(organization.pk)
    before, after = organization.profile_sources, checked_sources(sources)
    if after == before:
        return
    organization.profile_sources = after
    organization.save(update_fields=["profile_sources"])
    record(
        "organization.profile_sources_changed",
        organization,
        organization_id=organization.pk,
        before={"allowed_sources": before},
        after={"allowed_sources": after},
    )


@transaction.atomic
def set_organization_active(*, organization: Organization, active: bool) -> None:
    """Suspend a tenant, so that none of its seats works, or let it work again."""
    organization = lock_organization(organization.pk)
    if organization.is_active == active:
        return
    organization.is_active = active
    organization.save(update_fields=["is_active"])
    record(
        "organization.activated" if active else "organization.suspended",
        organization,
        organization_id=organization.pk,
    )
