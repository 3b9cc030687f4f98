"""The form of an app's shares: one option, any number of rows, and what UPDATE would change.

All of its state travels in the form itself, so that ADD NEW and Remove work without script
and nothing is written before UPDATE.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.levels import levels_below
from imiconnect.accounts.models import Group, Member, Organization, Team
from imiconnect.accounts.services.rules import holds
from imiconnect.accounts.standing import key_of
from imiconnect.apps.models import App
from imiconnect.console.forms import ConsoleForm
from imiconnect.sharing.forms import MINUTE, MomentField
from imiconnect.sharing.querysets import Level
from imiconnect.sharing.reach import Preview, Target, preview, targets_of

GROUP, TEAM, ALL = "group", "team", "all"
OPTIONS = {
    GROUP: _("Share to a group only"),
    TEAM: _("Share to a team"),
    ALL: _("Share to all groups and teams"),
}
MOST_ROWS = 500


class OptionForm(ConsoleForm):
    """The three options of the documentation."""

    option = forms.ChoiceField(
        label=_("Who else may use it"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Select who to share the app with")},
    )

    def __init__(self, *args: Any, with_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["option"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(o, words) for o, words in OPTIONS.items() if with_all or o != ALL]


class AllForm(ConsoleForm):
    """Until when all groups and teams have the app."""

    ends_at = MomentField(label=_("Shared until, in UTC"))


class RowForm(ConsoleForm):
    """A group, or a team of a group, that has the app."""

    kind = forms.ChoiceField(choices=[(GROUP, GROUP), (TEAM, TEAM)], widget=forms.HiddenInput)
    group = forms.ChoiceField(label=_("Group"))
    team = forms.ChoiceField(label=_("Team"))
    include_teams = forms.BooleanField(
        label=_("Share to all teams under this group"), required=False
    )
    ends_at = MomentField(label=_("Shared until, in UTC"))

    def __init__(
        self, *args: Any, kind: str, chosen: str, levels: dict[str, Level], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.levels, self.is_team = levels, kind == TEAM
        self.fields.pop("include_teams" if self.is_team else "team")
        nothing = ("", _("Select a group"))
        groups = [level for level in levels.values() if isinstance(level, Group)]
        self._choose("group", [nothing, *((str(g.pk), g.name) for g in groups)])
        if self.is_team:
            self._choose("team", self._teams(groups, chosen))

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def _teams(self, groups: list[Group], chosen: str) -> list[Any]:
        """Return the teams of the chosen group; without one, all of them by group."""
        by_group: dict[str, list[tuple[str, str]]] = {str(g.pk): [] for g in groups}
        for level in self.levels.values():
            if isinstance(level, Team) and str(level.group_id) in by_group:
                by_group[str(level.group_id)].append((str(level.pk), level.name))
        nothing = ("", _("Select a team"))
        if chosen in by_group:
            return [nothing, *by_group[chosen]]
        return [nothing, *((g.name, by_group[str(g.pk)]) for g in groups)]

    def target(self) -> Target:
        """Return the share that a valid row stands for."""
        values = self.cleaned_data
        key = f"team:{values['team']}" if self.is_team else f"group:{values['group']}"
        return Target(self.levels[key], values.get("include_teams", False), values["ends_at"])


class ShareEditor:
    """The form as it is now: from the stored shares, or from what was sent."""

    def __init__(self, member: Member, app: App, data: Mapping[str, Any] | None = None) -> None:
        """Read what was sent; ``do`` names the button."""
        self.member, self.app = member, app
        self.levels: dict[str, Level] = dict(levels_below(member))
        self.stored = targets_of(app)
        self.do = str(data.get("do", "")) if data is not None else ""
        self.sent = data is not None
        self.strict = self.do == "update"
        own = [target for target in self.stored if holds(member, target.level)]
        self.kept = [target for target in self.stored if target not in own]
        if data is None:
            self.option, self.raw, self.all_ends = _from_stored(own)
        else:
            self.option, self.raw, self.all_ends = _from_sent(data)
            self._press()
        self.seen = str(data.get("seen", "")) if data is not None else ""

    def _press(self) -> None:
        if self.do == "add":
            self.strict = self.option not in (GROUP, TEAM)
            if not self.strict and len(self.raw) < MOST_ROWS:
                self.raw.append({"kind": self.option})
        elif self.do.startswith("remove-") and self.do[7:].isdigit():
            self.raw = [raw for n, raw in enumerate(self.raw) if n != int(self.do[7:])]

    @property
    def may_all(self) -> bool:
        """Tell whether the person shares to all: only from the organization's level."""
        return not self.member.group_id

    @property
    def option_form(self) -> OptionForm:
        """The three options."""
        values = {"option": self.option}
        if self.strict:
            return OptionForm(values, with_all=self.may_all, auto_id="share-%s")
        return OptionForm(initial=values, with_all=self.may_all, auto_id="share-%s")

    @cached_property
    def all_form(self) -> AllForm:
        """The end of a share to all."""
        form: AllForm = self._form(AllForm, {"ends_at": self.all_ends}, "all")
        return form

    @cached_property
    def rows(self) -> list[RowForm]:
        """The rows as they are drawn: errors only after UPDATE."""
        return [self._row(raw, number, self.strict) for number, raw in enumerate(self.raw)]

    def _row(self, raw: dict[str, Any], number: int, strict: bool) -> RowForm:
        kind = TEAM if raw.get("kind") == TEAM else GROUP
        options = {"kind": kind, "chosen": raw.get("group") or "", "levels": self.levels}
        values = raw | {"kind": kind}
        form: RowForm = self._form(RowForm, values, f"row-{number}", strict, **options)
        return form

    def _form(
        self,
        form_class: type[Any],
        values: dict[str, Any],
        prefix: str,
        strict: bool | None = None,
        **options: Any,
    ) -> Any:
        options |= {"prefix": prefix, "auto_id": "share-%s"}
        if self.strict if strict is None else strict:
            named = {f"{prefix}-{k}": v for k, v in values.items() if v not in (None, False)}
            return form_class(named, **options)
        return form_class(initial=values, **options)

    def wanted(self) -> list[Target]:
        """Return the shares that the form asks for; rows that are not complete are left out."""
        if self.option == ALL and self.may_all:
            form = self._form(AllForm, {"ends_at": self.all_ends}, "all", strict=True)
            ends_at = form.cleaned_data["ends_at"] if form.is_valid() else None
            return [Target(self.member.organization, ends_at=ends_at)]
        rows = (self._row(raw, number, True) for number, raw in enumerate(self.raw))
        found = [row.target() for row in rows if row.is_valid()]
        return list({key_of(target.level): target for target in found}.values())

    def is_valid(self) -> bool:
        """Tell whether everything is filled in, after UPDATE."""
        if not self.option_form.is_valid():
            return False
        if self.option == ALL:
            return bool(self.all_form.is_valid())
        return all(row.is_valid() for row in self.rows)

    @property
    def forms(self) -> list[forms.BaseForm]:
        """The forms whose errors the summary lists."""
        return [self.option_form, *([self.all_form] if self.option == ALL else self.rows)]

    @cached_property
    def preview(self) -> Preview:
        """What UPDATE would change now."""
        return preview(self.app, wanted=self.wanted(), kept=self.kept)

    @property
    def is_seen(self) -> bool:
        """Tell whether the person has been shown what UPDATE changes, or it is nothing."""
        return not self.preview.changes_anything or self.seen == self.preview.digest


def _from_stored(own: list[Target]) -> tuple[str, list[dict[str, Any]], Any]:
    for target in own:
        if isinstance(target.level, Organization):
            return ALL, [], _written(target.ends_at)
    rows: list[dict[str, Any]] = []
    for target in own:
        level = target.level
        row: dict[str, Any] = {"ends_at": _written(target.ends_at)}
        if isinstance(level, Team):
            row |= {"kind": TEAM, "group": str(level.group_id), "team": str(level.pk)}
        else:
            row |= {"kind": GROUP, "group": str(level.pk)}
            row["include_teams"] = target.include_teams
        rows.append(row)
    return (rows[0]["kind"] if rows else ""), rows, None


def _from_sent(data: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]], Any]:
    count = str(data.get("rows", "0"))
    number = min(int(count), MOST_ROWS) if count.isdigit() else 0
    names = ("kind", "group", "team", "include_teams", "ends_at")
    rows = [{name: data.get(f"row-{n}-{name}", "") for name in names} for n in range(number)]
    return str(data.get("option", "")), rows, data.get("all-ends_at", "")


def _written(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).strftime(MINUTE) if moment else ""
