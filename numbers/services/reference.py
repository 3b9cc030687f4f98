"""Support's changes to the catalogue, to reserved words, shared codes and carriers."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from imiconnect.audit.services import record
from imiconnect.numbers.models import CarrierAccount, CarrierRoute, ReservedWord, ShortCode
from imiconnect.numbers.models.catalogue import Sourced
from imiconnect.numbers.services.short_codes import lengths_in
from imiconnect.numbers.text import fold_word
from imiconnect.vault import EncryptedTextField, fingerprint


@transaction.atomic
def keep(row: models.Model) -> Any:
    """Write a row of reference data, new or changed, with an audit entry.

    Raises ``ValidationError`` for what does not fit; a source without a date is dated today.
    """
    _prepare(row)
    row.full_clean()
    model = type(row)
    before = model._default_manager.filter(pk=row.pk).first()
    row.save()
    word = model._meta.model_name
    action = f"{word}.changed" if before else f"{word}.added"
    record(action, row, before=_told(before) if before else {}, after=_told(row))
    return model._default_manager.get(pk=row.pk)


def _prepare(row: models.Model) -> None:
    if isinstance(row, Sourced) and not row.checked_on:
        row.checked_on = dt.date.today()
    if isinstance(row, ReservedWord):
        row.word = row.word.strip()
        row.folded = fold_word(row.word)
        others = ReservedWord.objects.filter(folded=row.folded).exclude(pk=row.pk)
        if others.exists():
            raise ValidationError({"word": [_("This word is reserved already.")]})
    if isinstance(row, ShortCode) and len(row.code) not in lengths_in(row.country):
        lengths = ", ".join(str(length) for length in lengths_in(row.country))
        raise ValidationError({"code": [_("Codes of this country have %s digits.") % lengths]})
    if isinstance(row, CarrierAccount):
        _check_account(row)
    if isinstance(row, CarrierRoute):
        _check_route(row)


def _check_account(row: CarrierAccount) -> None:
    """Raise ``ValidationError`` for a carrier that is none or an account it cannot use."""
    from imiconnect.numbers.carriers import registry

    if row.kind not in registry.known():
        known = ", ".join(registry.known())
        field = "carrier" if row.carrier else "slug"
        raise ValidationError({field: [_("Known carriers are: %s.") % known]})
    if row.kind in registry.messengers_by_slug():
        problems = registry.messenger(row).problems()
        if problems:
            raise ValidationError([str(problem) for problem in problems])


def _check_route(row: CarrierRoute) -> None:
    """Raise ``ValidationError`` for a route over an account that cannot carry its medium."""
    from imiconnect.numbers.carriers import registry

    carrier = registry.messengers_by_slug().get(row.account.kind)
    if carrier is None or row.medium not in carrier.carries:
        raise ValidationError({"account": [_("This carrier does not carry that.")]})


def _told(row: models.Model) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = field.value_from_object(row)
        if isinstance(field, EncryptedTextField):
            value = fingerprint(value) if value else ""
        told[field.name] = value if isinstance(value, (bool, int, list)) else str(value or "")
    return told
