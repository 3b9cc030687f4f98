"""Writes of shares: with which groups and teams an app is shared, and until when.

Only apps are shared; there is no share of a number. Who may: Admin, Developer and Asset
Manager of the level that owns the app or of one above it; somebody of a group only with that
group and its teams, somebody of a team with nobody. A share itself gives no say over the app.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import path_of
from imiconnect.accounts.models import Group, Member, Organization
from imiconnect.accounts.roles import Act
from imiconnect.accounts.services.rules import holds
from imiconnect.accounts.standing import key_of
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.console.told import moment_of
from imiconnect.locks import locked
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import AppShare, Service
from imiconnect.sharing.querysets import Level
from imiconnect.sharing.reach import Target, level_key, levels_of

#: guardian wants a permission for each row; whoever holds the share may use the app.
CODENAME = "view_app"


def may_share(member: Member, app: App) -> bool:
    """Tell whether a person shares this app at all."""
    if not member.can(Act.SHARE_APPS) or member.team_id:
        return False
    return member.has_at_or_below(app)


@transaction.atomic
def update_shares(*, member: Member, app: App, wanted: Sequence[Target]) -> bool:
    """Make ``wanted`` the whole set of the app's shares, as far as the person's say reaches.

    Shares with levels above or beside the person's own stay as they are. Returns whether
    anything changed. Raises ``PermissionDenied`` when the person may not share the app or
    not with one of these levels, ``ValidationError`` for an end in the past, a level named
    twice, or one that has the app anyway.
    """
    app = _locked(member, app)
    asked = {key_of(target.level): target for target in wanted}
    if len(asked) < len(wanted):
        raise ValidationError(_("Name each group and each team once."))
    now = timezone.now()
    for target in wanted:
        _check(member, app, target, now)
    rows = list(AppShare.objects.filter(content_object=app).order_by("pk"))
    levels = levels_of(rows)
    current = {
        key_of(levels[row.group_id]): row for row in rows if holds(member, levels[row.group_id])
    }
    before = _described(Target(levels[r.group_id], r.include_teams, r.ends_at) for r in rows)
    for key, row in current.items():
        if key not in asked:
            row.delete()
    for key, target in asked.items():
        _write(member, app, target, current.get(key))
    kept = [row for row in rows if row not in current.values()]
    after = _described(
        [
            *(Target(levels[r.group_id], r.include_teams, r.ends_at) for r in kept),
            *asked.values(),
        ]
    )
    if after == before:
        return False
    record("app.shares_updated", app, before={"shares": before}, after={"shares": after})
    _tell_users(app)
    return True


@transaction.atomic
def share_app(
    *,
    member: Member,
    app: App,
    level: Level,
    include_teams: bool = False,
    ends_at: dt.datetime | None = None,
) -> AppShare:
    """Share an app with one level beside those that have it; the same level again changes it.

    An organization stands for all groups and teams, present and later. Errors are those of
    ``update_shares``.
    """
    _locked(member, app)
    target = Target(level, include_teams, ends_at)
    update_shares(
        member=member, app=app, wanted=[*_own_targets(member, app, except_for=level), target]
    )
    share: AppShare = AppShare.objects.get(content_object=app, group=level.permission_group_id)
    return share


@transaction.atomic
def unshare(*, member: Member, app: App, level: Level) -> None:
    """End the share with one level at once; messages that wait for it fail with a code.

    Raises ``PermissionDenied`` as ``update_shares`` does. A level without a share is no error.
    """
    _locked(member, app)
    if not holds(member, level):
        raise PermissionDenied
    update_shares(member=member, app=app, wanted=_own_targets(member, app, except_for=level))


@transaction.atomic
def remove_ended_shares() -> int:
    """Delete the shares whose time is over, each with an audit entry; return how many.

    They give nothing from that moment on; this only tidies up and writes the record.
    """
    ended = AppShare.objects.filter(ends_at__lte=timezone.now())
    rows = list(ended.select_for_update(of=("self",), skip_locked=True)[:500])
    levels = levels_of(rows)
    for row in rows:
        level = levels.get(row.group_id)
        gone = _described([Target(level, row.include_teams, row.ends_at)]) if level else []
        record("app.share_ended", row.content_object, before={"shares": gone})
        _tell_users(row.content_object)
        row.delete()
    return len(rows)


def unite_shares(source: Level, target: Level) -> None:
    """Give a level's shares to the one it goes into, each app's change with an audit entry.

    Of an app that is shared with both the wider share is kept: the later end, teams included.
    Called in the transaction of the merge, before anything else moves.
    """
    held = {
        row.content_object_id: row
        for row in AppShare.objects.filter(group=target.permission_group_id)
    }
    rows = AppShare.objects.filter(group=source.permission_group_id)
    for row in rows.select_related("content_object").order_by("pk"):
        app = row.content_object
        before = _as_recorded(app)
        _give(row, target, held.get(app.pk))
        record(
            "app.shares_updated",
            app,
            before={"shares": before},
            after={"shares": _as_recorded(app)},
        )
        _tell_users(app)


def recorded_shares(app: App) -> dict[str, Any]:
    """Return what the record of an app's end says of its shares; empty without any."""
    rows = _as_recorded(app)
    return {"shares": rows} if rows else {}


def _give(row: AppShare, target: Level, twin: AppShare | None) -> None:
    """Let a share be the target's, or widen the one that the target has of the same app."""
    if twin is None:
        row.group_id = target.permission_group_id
        row.save(update_fields=["group"])
        return
    ends = [twin.ends_at, row.ends_at]
    twin.ends_at = None if None in ends else max(end for end in ends if end)
    twin.include_teams = twin.include_teams or row.include_teams
    twin.save(update_fields=["ends_at", "include_teams"])
    row.delete()


def _as_recorded(app: App) -> list[dict[str, Any]]:
    """Return every share of an app, ended ones too, as the audit record holds them."""
    rows = list(AppShare.objects.filter(content_object=app))
    levels = levels_of(rows)
    return _described(Target(levels[r.group_id], r.include_teams, r.ends_at) for r in rows)


def _locked(member: Member, app: App) -> App:
    """Return the app with its row held, for a person who may share it."""
    app = locked(app)
    if not may_share(member, app):
        raise PermissionDenied
    return app


def _own_targets(member: Member, app: App, *, except_for: Level) -> list[Target]:
    """Return what is shared now within the person's say, without one level."""
    now = timezone.now()
    rows = list(AppShare.objects.filter(content_object=app).order_by("pk"))
    levels = levels_of(rows)
    return [
        Target(levels[row.group_id], row.include_teams, row.ends_at)
        for row in rows
        if holds(member, levels[row.group_id])
        and levels[row.group_id] != except_for
        and (row.ends_at is None or row.ends_at > now)
    ]


def _check(member: Member, app: App, target: Target, now: dt.datetime) -> None:
    level = target.level
    if not holds(member, level):
        raise PermissionDenied
    if target.ends_at is not None and target.ends_at <= now:
        raise ValidationError({"ends_at": [_("The end must lie in the future.")]})
    if target.include_teams and not isinstance(level, Group):
        sentence = _("Only a share to a group can include its teams.")
        raise ValidationError({"include_teams": [sentence]})
    has_it = key_of(level) == level_key(app) and not isinstance(level, Organization)
    if has_it and not target.include_teams:
        sentence = _("The app belongs to %(level)s, which uses it without a share.")
        raise ValidationError({"level": ValidationError(sentence, params={"level": level})})


def _write(member: Member, app: App, target: Target, row: AppShare | None) -> None:
    values = {"include_teams": target.include_teams, "ends_at": target.ends_at}
    if row is not None:
        AppShare.objects.filter(pk=row.pk).update(**values)
        return
    AppShare.objects.create(
        content_object=app,
        group_id=target.level.permission_group_id,
        permission=Permission.objects.get(
            content_type__app_label="apps", content_type__model="app", codename=CODENAME
        ),
        created_by=member.user,
        **values,
    )


def _described(targets: Iterable[Target]) -> list[dict[str, Any]]:
    """Return shares as the audit record holds them, in an order of their own."""
    rows = []
    for target in targets:
        row: dict[str, Any] = {"with": key_of(target.level), "name": path_of(target.level)}
        if isinstance(target.level, Group):
            row["include_teams"] = target.include_teams
        rows.append(row | {"until": target.ends_at.isoformat() if target.ends_at else None})
    return sorted(rows, key=lambda row: str(row["with"]))


def told(row: Mapping[str, Any]) -> str | None:
    """Return a share of ``_described`` as a sentence: "Retail and all its teams"."""
    name = row.get("name")
    if not name:
        return None
    kind, until = str(row.get("with")).partition(":")[0], moment_of(str(row.get("until")))
    text = str(name)
    if kind == "organization":
        text = gettext("All groups and teams of %(name)s") % {"name": name}
    elif row.get("include_teams"):
        text = gettext("%(name)s and all its teams") % {"name": name}
    elif kind == "group":
        text = gettext("%(name)s, not its teams") % {"name": name}
    return (
        gettext("%(share)s, until %(end)s") % {"share": text, "end": until} if until else text
    )


def _tell_users(app: App) -> None:
    """Let the gateway hear of it for each service that uses the app."""
    for service in Service.objects.filter(allocations__app=app).distinct():
        tell(service)


__all__ = [
    "Level",
    "Target",
    "may_share",
    "recorded_shares",
    "remove_ended_shares",
    "share_app",
    "told",
    "unite_shares",
    "unshare",
    "update_shares",
]
