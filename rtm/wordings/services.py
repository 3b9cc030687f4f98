"""Writes of message templates, and what one looks like with its parameters filled in."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act, Role
from imiconnect.apps.policy import MAX_EXPIRY_SECONDS
from imiconnect.audit.services import record
from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.models import MessageTemplate
from imiconnect.rtm.models.templates import TEMPLATE_CHANNELS
from imiconnect.rtm.protocol.depth import is_too_deep
from imiconnect.rtm.wordings.rendering import filled, names_in, odd_in
from imiconnect.sharing.models import Service

MAX_NAME = 100
MAX_CONTENT_BYTES = 100_000
#: What a parameter may be: a word, or the address of something.
_SAMPLES = ("x", "https://www.example.com/x")
_EDITABLE = frozenset({"name", "content", "expiry_seconds"})


def may_change(member: Member, template: MessageTemplate) -> bool:
    """Tell whether a person may change or delete a template; locked ones are for Admins.

    One of the whole organization is for people at its level.
    """
    if not may_make(member, template.service):
        return False
    return member.role == Role.ADMIN or not template.is_locked


def may_make(member: Member, service: Service | None) -> bool:
    """Tell whether a person may make a template of a service, or of the organization."""
    if not member.can(Act.MANAGE_SERVICES):
        return False
    if service is None:
        return member.group_id is None
    return bool(Service.objects.visible_to(member).filter(pk=service.pk).exists())


@transaction.atomic
def create_template(
    *,
    member: Member,
    channel: str,
    name: str,
    content: Any,
    service: Service | None = None,
    expiry_seconds: int | None = None,
) -> MessageTemplate:
    """Make a template; raises ``ValidationError`` by field, ``PermissionDenied``."""
    if not may_make(member, service):
        raise PermissionDenied
    if channel not in dict(TEMPLATE_CHANNELS):
        raise ValidationError({"channel": [_("Select the channel from the list.")]})
    template = MessageTemplate(
        organization_id=member.organization_id,
        service=service,
        channel=channel,
        created_by=member.user,
    )
    values = {"name": name, "content": content, "expiry_seconds": expiry_seconds}
    _save(template, values)
    record("template.created", template, after=_shown(template))
    return template


@transaction.atomic
def change_template(
    *, member: Member, template: MessageTemplate, **changes: Any
) -> MessageTemplate:
    """Change name, content or expiry; messages that were accepted stay as they are.

    Raises as ``create_template``.
    """
    if unknown := changes.keys() - _EDITABLE:
        raise TypeError(f"unknown fields {sorted(unknown)}")
    locked = locks.locked(template, "service")
    if not may_change(member, locked):
        raise PermissionDenied
    before = _shown(locked)
    _save(locked, changes)
    if before != _shown(locked):
        record("template.changed", locked, before=before, after=_shown(locked))
    return locked


@transaction.atomic
def copy_template(*, member: Member, template: MessageTemplate) -> MessageTemplate:
    """Make another one like it beside it, not locked, under a free name."""
    rows = MessageTemplate.objects.filter(
        organization=template.organization_id,
        service=template.service_id,
        channel=template.channel,
    )
    taken = {name.lower() for name in rows.values_list("name", flat=True)}
    number = 1
    while (name := _copy_name(template.name, number)).lower() in taken:
        number += 1
    return create_template(
        member=member,
        channel=template.channel,
        name=name,
        content=template.content,
        service=template.service,
        expiry_seconds=template.expiry_seconds,
    )


@transaction.atomic
def set_locked(*, member: Member, template: MessageTemplate, locked: bool) -> MessageTemplate:
    """Lock a template, or let others change it again; Admins alone may."""
    row = locks.locked(template, "service")
    if member.role != Role.ADMIN or not may_make(member, row.service):
        raise PermissionDenied
    if row.is_locked != locked:
        row.is_locked = locked
        row.save(update_fields=["is_locked", "updated_at"])
        record("template.locked" if locked else "template.unlocked", row)
    return row


@transaction.atomic
def apply(
    *,
    member: Member,
    template: MessageTemplate,
    changes: dict[str, Any],
    locked: bool | None = None,
) -> MessageTemplate:
    """Change and lock or unlock a template in one step, or do neither."""
    if changes:
        template = change_template(member=member, template=template, **changes)
    if locked is not None:
        template = set_locked(member=member, template=template, locked=locked)
    return template


@transaction.atomic
def delete_template(*, member: Member, template: MessageTemplate) -> None:
    """Delete a template; requests that name it are refused from then on."""
    row = locks.locked(template, "service")
    if not may_change(member, row):
        raise PermissionDenied
    record("template.deleted", row, before=_shown(row))
    row.delete()


def rendered(template: MessageTemplate, parameters: dict[str, str]) -> dict[str, Any]:
    """Return the payload that a message of the template has; raises ``Refusal``."""
    content = filled(template.content, parameters)
    return _medium_content(template.channel, content)


def _save(template: MessageTemplate, values: dict[str, Any]) -> None:
    checks: dict[str, Callable[[Any], Any]] = {
        "name": _name,
        "content": lambda value: _content(template.channel, value),
        "expiry_seconds": _expiry,
    }
    problems: dict[str, list[Any]] = {}
    for field, value in values.items():
        try:
            setattr(template, field, checks[field](value))
        except ValidationError as error:
            problems[field] = error.messages
    if problems:
        raise ValidationError(problems)
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        sentence = _("There is a template with this name for the channel already.")
        raise ValidationError({"name": [sentence]}) from None


def _name(value: str) -> str:
    name = " ".join(str(value).split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValidationError(_("Enter a name of at most 100 characters."))
    return name


def _expiry(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= MAX_EXPIRY_SECONDS:
        raise ValidationError(_("Expiry must be between 1 and 2,419,200 seconds (28 days)."))
    return value


def _content(channel: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValidationError(_("Content must be a JSON object, as channels of a request."))
    raw = msgspec.json.encode(value)
    if len(raw) > MAX_CONTENT_BYTES:
        raise ValidationError(_("Content must be smaller than 100,000 bytes."))
    if is_too_deep(raw, value):
        raise ValidationError(_("Content must be nested less deeply."))
    if odd := odd_in(value):
        sentence = _("“%s” is no parameter: a name has letters, digits and _, such as $(code).")
        raise ValidationError(sentence % odd)
    names = names_in(value)
    problem: Refusal | None = None
    for sample in _SAMPLES:
        try:
            _medium_content(channel, filled(value, dict.fromkeys(names, sample)))
        except Refusal as refusal:
            problem = problem or refusal
        else:
            return value
    raise ValidationError(str(problem.sentence) if problem else "")


def _medium_content(channel: str, content: dict[str, Any]) -> dict[str, Any]:
    medium = media.serving(channel)
    if medium is None:
        raise ValidationError({"channel": [_("Select the channel from the list.")]})
    return medium.content(content, "content")


def _copy_name(name: str, number: int) -> str:
    end = _(" (copy)") if number == 1 else _(" (copy %s)") % number
    return f"{name[: MAX_NAME - len(end)]}{end}"


def _shown(template: MessageTemplate) -> dict[str, Any]:
    """Return what the audit log keeps."""
    return {
        "name": template.name,
        "channel": template.channel,
        "service": str(template.service) if template.service else "",
        "content": template.content,
        "expiry_seconds": template.expiry_seconds,
    }
