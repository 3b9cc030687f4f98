"""The rule of who may use an app, in SQL and in the ORM: both give the same answers."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from imiconnect.accounts.models import Group, Organization, Team
from imiconnect.apps.models import App
from imiconnect.rtm.processors.facts import read
from imiconnect.sharing.models import Allocation, AppShare, Service

pytestmark = pytest.mark.django_db


def fields_of(level: Any) -> dict[str, Any]:
    """Return what a row that a level owns says of its owner."""
    if isinstance(level, Team):
        organization = level.group.organization
        return {"organization": organization, "group": level.group, "team": level}
    if isinstance(level, Group):
        return {"organization": level.organization, "group": level}
    return {"organization": level}


def test_sql_and_orm_agree_on_every_level_and_share(
    organization: Organization, group: Group, team: Team, sister_team: Team
) -> None:
    levels = [organization, group, team, sister_team]
    permission = Permission.objects.get(codename="change_app")
    ended, later = timezone.now() - dt.timedelta(1), timezone.now() + dt.timedelta(1)
    shares = [None, *((to, teams, end) for to in levels for teams in (True, False)
                      for end in (None, ended, later))]  # fmt: skip
    apps = []
    for owner in levels:
        for share in shares:
            app = App.objects.create(name="a", channel_type="mobile_web", **fields_of(owner))
            apps.append(app)
            if share:
                AppShare.objects.create(
                    content_object=app, group=share[0].permission_group, permission=permission,
                    include_teams=share[1], ends_at=share[2],
                )  # fmt: skip
    for number, level in enumerate(levels):
        service = Service.objects.create(name=f"s{number}", **fields_of(level))
        Allocation.objects.bulk_create(
            Allocation(service=service, app=app, channel=f"c{place}")
            for place, app in enumerate(apps)
        )
        found, _threads = read(((service.pk, app.pk) for app in apps), ())
        by_sql = {app.pk for app in apps if found[(service.pk, app.pk)].may_use}
        by_orm = set(App.objects.usable_by(service.level).values_list("pk", flat=True))
        assert by_sql == by_orm
        allocated = Allocation.objects.usable().filter(service=service)
        assert set(allocated.values_list("app_id", flat=True)) == by_sql
        assert 0 < len(by_sql) < len(apps)
