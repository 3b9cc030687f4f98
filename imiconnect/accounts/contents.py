"""What hangs on a group or team: every row of any package whose foreign key names it.

The models themselves say which those are, so that a new kind of thing can neither be lost with
a level nor be forgotten when levels are merged. A share hangs on the level's permission group.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group as PermissionGroup
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Group, Invitation, LevelOwned, PermissionHolder, Team

Part = Group | Team
#: So many are named; the rest is a figure.
NAMED = 10


@dataclass(frozen=True)
class Contents:
    """The things of one kind that hang on a level."""

    kind: str
    names: tuple[str, ...]
    count: int

    def moving(self) -> "Contents":
        """Return them under a heading that says that they move."""
        kind = _("%(kind)s that move along") % {"kind": self.kind}
        return Contents(kind, self.names, self.count)

    def __str__(self) -> str:
        more = self.count - len(self.names)
        tail = f" {_('and %(more)s more') % {'more': more}}" if more else ""
        return f"{self.kind}: {', '.join(self.names)}{tail}"


def contents_of(level: Part) -> list[Contents]:
    """Return what hangs on a level, by kind; nothing means that it can be deleted."""
    found: dict[str, Contents] = {}
    for model, rows in _rows_on(level):
        count = rows.count()
        if count:
            kind = str(model._meta.verbose_name_plural).capitalize()
            names = tuple(str(row) for row in rows.order_by("pk")[:NAMED])
            found[model._meta.label] = Contents(kind, names, count)
    return list(found.values())


def move_contents(source: Part, target: Part) -> None:
    """Give everything that hangs on ``source`` to ``target``, which is of the same kind.

    Raises ``ValidationError`` when both have what a level can have once; nothing is changed
    then. Call it in the transaction that deletes the source.
    """
    for field, key in _references(source):
        values: dict[str, Any] = {field.name: _same(key, source, target)}
        if isinstance(target, Team) and issubclass(field.model, LevelOwned):
            values["group"] = target.group
        rows = field.model._base_manager.filter(**{field.name: key})
        try:
            with transaction.atomic():
                rows.update(**values)
        except IntegrityError:
            words = {"kind": field.model._meta.verbose_name, "level": target.name}
            sentence = _(
                "Both have a %(kind)s of which %(level)s can have one only. Rename or remove "
                "one of the two first."
            )
            raise ValidationError(sentence % words, code="both") from None


def _rows_on(level: Part) -> Iterator[tuple[type[models.Model], Any]]:
    for field, key in _references(level):
        rows = field.model._base_manager.filter(**{field.name: key})
        if field.model is Invitation:  # a closed one is history, which the audit record has
            rows = rows.filter(accepted_at__isnull=True, revoked_at__isnull=True)
        yield field.model, rows


def _references(level: Part) -> Iterator[tuple[Any, Part | PermissionGroup]]:
    """Yield every foreign key that may name the level or its permission group."""
    for holder in (level, level.permission_group):
        for relation in holder._meta.get_fields(include_hidden=True):
            if not isinstance(relation, models.ManyToOneRel):
                continue
            model = relation.related_model
            if model._meta.auto_created or (  # membership follows the seats
                holder is not level and issubclass(model, PermissionHolder)
            ):
                continue
            yield relation.field, holder


def _same(key: Part | PermissionGroup, source: Part, target: Part) -> Part | PermissionGroup:
    return target if key is source else target.permission_group
