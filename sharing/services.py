"""Writes of services: states and keys; see ``allocations.py`` and ``callback_settings.py``.

The only writer for wizard, API, admin and demo. Errors are Django's ``ValidationError`` with
sentences by field, or ``Blocked``. Every function leaves an audit entry in its transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import keys
from imiconnect.accounts.levels import Level, path_of
from imiconnect.accounts.models import Member
from imiconnect.accounts.services.rules import columns_of, holds
from imiconnect.apps.models import App
from imiconnect.apps.ports import Blocker
from imiconnect.apps.services import Blocked, checked_name
from imiconnect.audit.services import record
from imiconnect.keys import Overlap
from imiconnect.locks import locked
from imiconnect.numbers.kinds import State as NumberState
from imiconnect.sharing.allocations import allocate, choose_inbound_service, deallocate
from imiconnect.sharing.callback_settings import (
    all_kinds,
    checked_kinds,
    new_signing_secret,
    reveal_signing_secret,
    rotate_signing_secret,
    set_inbound,
    set_outbound,
    signing_secrets,
)
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import Service, ServiceKey
from imiconnect.sharing.number_allocations import allocate_number, deallocate_number
from imiconnect.sharing.ports import answers
from imiconnect.sharing.sms_settings import set_sms
from imiconnect.sharing.source_settings import set_sources
from imiconnect.vault import fingerprint

__all__ = [
    "Blocked",
    "allocate",
    "allocate_number",
    "choose_inbound_service",
    "create_service",
    "current_key",
    "deallocate",
    "deallocate_number",
    "delete_service",
    "deletion_blockers",
    "issue_key",
    "missing_for_live",
    "regenerate_key",
    "reveal_key",
    "reveal_signing_secret",
    "rotate_signing_secret",
    "set_inbound",
    "set_outbound",
    "set_sms",
    "set_sources",
    "set_state",
    "signing_secrets",
    "update_service",
]

DESCRIPTION_LENGTH = 500
State = Service.State
#: From each state, the states that a person can choose.
MOVES: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.LIVE}),
    State.LIVE: frozenset({State.SUSPENDED}),
    State.SUSPENDED: frozenset({State.LIVE}),
}


@transaction.atomic
def create_service(
    *,
    member: Member,
    name: str,
    description: str = "",
    level: Level | None = None,
    receipt_kinds: Mapping[str, Sequence[str]] | None = None,
) -> Service:
    """Create a draft service with a key and a signing secret, at ``level`` or the creator's.

    Its key is ``current_key(service).secret``. Without ``receipt_kinds`` every kind of
    receipt is sent once there is a receipt URL. Raises ``ValidationError`` by field, also for
    a level that is neither the creator's nor below it.
    """
    level = level or member.level
    if not holds(member, level):
        sentence = _("There is no such group or team at your level or below.")
        raise ValidationError({"level": [sentence]})
    fields = {
        **columns_of(level),
        "name": checked_name(name),
        "description": _checked_description(description),
        "receipt_kinds": all_kinds() if receipt_kinds is None else checked_kinds(receipt_kinds),
        "signing_secret": new_signing_secret(),
        "created_by_id": member.user_id,
    }
    try:
        with transaction.atomic():
            service: Service = Service.objects.create(**fields)
    except IntegrityError:
        raise _name_taken(name) from None
    key = issue_key(service=service)
    after = {
        "state": service.state,
        "level": path_of(level),
        "key": fingerprint(key.secret),
    }
    record("service.created", service, after=after)
    return service


def issue_key(*, service: Service) -> ServiceKey:
    """Give a service its first key; a later one replaces it, see ``regenerate_key``."""
    key: ServiceKey = keys.issue(service.keys)
    return key


def current_key(service: Service) -> ServiceKey:
    """Return the key with which the service's requests are made."""
    key: ServiceKey = service.keys.get(expires_at__isnull=True)
    return key


@transaction.atomic
def update_service(*, service: Service, name: str, description: str | None = None) -> Service:
    """Rename or describe a service."""
    service = locked(service)
    before = {"name": service.name, "description": service.description}
    service.name = checked_name(name)
    if description is not None:
        service.description = _checked_description(description)
    after = {"name": service.name, "description": service.description}
    if after == before:
        return service
    try:
        with transaction.atomic():
            service.save(update_fields=["name", "description", "updated_at"])
    except IntegrityError:
        raise _name_taken(name) from None
    record("service.updated", service, before=before, after=after)
    return service


def missing_for_live(service: Service) -> list[Any]:
    """Return what a service lacks before it can go live, a sentence each; a live one, to send.

    An app counts while the service may use it.
    """
    missing: list[Any] = []
    allocated = service.allocations.all()
    usable = allocated.usable()
    has_number = service.number_allocations.filter(number__state=NumberState.ACTIVE).exists()
    if not allocated.exists() and not has_number:
        missing.append(_("Allocate an app on the Apps tab, or a number on SMS or Voice."))
    elif not has_number and not usable.exists():
        sentence = _("Its app is not shared with this level any more: %(level)s.")
        missing.append(sentence % {"level": path_of(service.level)})
    elif not has_number and not usable.filter(app__state=App.State.ACTIVE).exists():
        missing.append(_("Turn on one of its apps: all of them are off."))
    if not service.keys.filter(keys.in_force()).exists():
        missing.append(_("Generate a service key on the Keys tab."))
    return missing


@transaction.atomic
def set_state(*, service: Service, state: str) -> Service:
    """Take a service live, or suspend it.

    Raises ``ValidationError`` with what is missing, or when it cannot go to that state from
    where it is. Asking for the state it has changes nothing.
    """
    service = locked(service)
    before = service.state
    if state == before:
        return service
    if state not in MOVES[before]:
        sentence = _("A service that is %(now)s cannot become %(wanted)s.")
        words = {"now": service.get_state_display(), "wanted": _label(state)}
        raise ValidationError({"state": ValidationError(sentence, params=words)})
    missing = missing_for_live(service) if state == State.LIVE else []
    if missing:
        raise ValidationError({"state": missing})
    service.state = state
    service.save(update_fields=["state", "updated_at"])
    record(f"service.{state}", service, before={"state": before}, after={"state": state})
    tell(service)
    return service


@transaction.atomic
def regenerate_key(*, service: Service, keep: Overlap) -> ServiceKey:
    """Make a new service key; ``keep`` says how long the old one stays valid."""
    service = locked(service)
    old = service.keys.filter(expires_at__isnull=True).first()
    new: ServiceKey = keys.replace(service.keys, keep=keep)
    record(
        "service.key_regenerated",
        service,
        before={"key": fingerprint(old.secret)} if old else {},
        after={"key": fingerprint(new.secret), "old_key_kept_seconds": int(keep)},
    )
    tell(service)
    return new


@transaction.atomic
def reveal_key(*, service: Service) -> str:
    """Return the service key for reading, and record that it was read."""
    key = current_key(service)
    record("service.key_revealed", service, after={"key": fingerprint(key.secret)})
    return str(key.secret)


def deletion_blockers(service: Service) -> list[Blocker]:
    """Return why a service cannot be deleted now; empty when it can."""
    found = []
    if service.state == State.LIVE:
        found.append(Blocker(_("It is live. Suspend it first.")))
    return found + [blocker for find in answers.blockers for blocker in find(service)]


@transaction.atomic
def delete_service(*, service: Service) -> None:
    """Delete a service with its keys and allocations; raises ``Blocked`` while in use."""
    service = locked(service)
    blockers = deletion_blockers(service)
    if blockers:
        raise Blocked(blockers)
    for allocation in service.allocations.select_related("app").order_by("app_id"):
        deallocate(allocation=allocation)
    for mapped in service.number_allocations.select_related("number").order_by("number_id"):
        deallocate_number(allocation=mapped)
    record("service.deleted", service, before={"state": service.state})
    tell(service)
    service.delete()


def _label(state: str) -> Any:
    return dict(State.choices).get(state, state)


def _checked_description(text: str) -> str:
    text = text.strip()
    if len(text) > DESCRIPTION_LENGTH:
        sentence = _("Description must be 500 characters or fewer.")
        raise ValidationError({"description": [sentence]})
    return text


def _name_taken(name: str) -> ValidationError:
    sentence = _("There is a service named “%(name)s” already. Enter another name.")
    return ValidationError({"name": ValidationError(sentence, params={"name": name.strip()})})
