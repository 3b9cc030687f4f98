"""Which carriers there are: the folders beside this module, with our accounts."""

import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings

from imiconnect.numbers.carriers.base import Account, Carrier, CarrierMisconfigured
from imiconnect.numbers.carriers.messaging import Messenger
from imiconnect.numbers.models import CarrierAccount
from imiconnect.sandbox.twins import values_of

#: Below this address of ours carriers call us, followed by the key of the account.
HOOKS = "carriers"


def _found(module: str, name: str) -> dict[str, Any]:
    """Return the class of that name in the module of each folder that has the module."""
    found = {}
    for folder in pkgutil.iter_modules([str(Path(__file__).parent)]):
        path = f"imiconnect.numbers.carriers.{folder.name}.{module}"
        if folder.ispkg and find_spec(path):
            kind = getattr(import_module(path), name)
            found[kind.slug] = kind
    return found


@cache
def by_slug() -> dict[str, type[Carrier]]:
    """Return the classes of the carriers that sell numbers, by slug."""
    return _found("carrier", "Carrier")


@cache
def _messengers() -> dict[str, type[Messenger]]:
    return _found("messenger", "Messenger")


def messengers_by_slug() -> dict[str, type[Messenger]]:
    """Return the classes of the carriers of texts and calls, by slug.

    A double of a carrier is there only while the sandbox is on.
    """
    found = _messengers()
    if settings.SANDBOX:
        return found
    return {slug: kind for slug, kind in found.items() if not kind.twin}


def known() -> list[str]:
    """Return the slugs of all carriers."""
    return sorted({*by_slug(), *messengers_by_slug()})


def account_of(row: CarrierAccount) -> Account:
    """Return what a carrier is told of an account; a double fills in what is empty."""
    kind = messengers_by_slug().get(row.kind)
    twin = values_of(kind.twin) if kind and kind.twin else {}
    return Account(
        base_url=row.base_url or twin.get("base_url", ""),
        account=row.account or twin.get("account", ""),
        secret=row.secret or twin.get("secret", ""),
        key=row.slug,
        hooks_url=f"{settings.PUBLIC_URL}/{HOOKS}/{row.slug}",
        options=row.options,
    )


def get(slug: str) -> Carrier:
    """Return the carrier of an account that is set up, also one turned off.

    Raises ``CarrierMisconfigured`` when there is no such account or it sells no numbers.
    """
    row = CarrierAccount.objects.filter(slug=slug).first()
    if row is None or row.kind not in by_slug():
        raise CarrierMisconfigured(slug)
    return by_slug()[row.kind](account_of(row))


def in_use() -> Mapping[str, Carrier]:
    """Return the carriers that are asked in a search by their account, in their order."""
    rows = CarrierAccount.objects.filter(is_active=True)
    return {
        row.slug: by_slug()[row.kind](account_of(row)) for row in rows if row.kind in by_slug()
    }


def carrying() -> Sequence[CarrierAccount]:
    """Return the active accounts that carry, in their order.

    While the sandbox is on its doubles have an account each without anybody setting it up.
    """
    rows = list(CarrierAccount.objects.all())
    known = {row.kind for row in rows}
    for slug, kind in messengers_by_slug().items():
        if kind.twin and slug not in known:
            rows.append(CarrierAccount.objects.get_or_create(slug=slug)[0])
    return [row for row in rows if row.is_active and row.kind in messengers_by_slug()]


def messenger(row: CarrierAccount) -> Messenger:
    """Return the messenger of an account; raises ``CarrierMisconfigured`` if it has none."""
    if row.kind not in messengers_by_slug():
        raise CarrierMisconfigured(row.slug)
    return messengers_by_slug()[row.kind](account_of(row))
