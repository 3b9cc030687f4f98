"""Which carriers there are: the folders beside this module."""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

from imiconnect.numbers.carriers.base import Account, Carrier, CarrierMisconfigured
from imiconnect.numbers.models import CarrierAccount


@cache
def by_slug() -> dict[str, type[Carrier]]:
    """Return every carrier's class by its slug."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.ispkg:
            name = f"imiconnect.numbers.carriers.{module.name}.carrier"
            carrier: type[Carrier] = import_module(name).Carrier
            found[carrier.slug] = carrier
    return found


def get(slug: str) -> Carrier:
    """Return the carrier with the account that is set up for it, also one turned off.

    Raises ``CarrierMisconfigured`` when there is no such carrier or no account.
    """
    row = CarrierAccount.objects.filter(slug=slug).first()
    if row is None or slug not in by_slug():
        raise CarrierMisconfigured(slug)
    return by_slug()[slug](Account(row.base_url, row.account, row.secret))


def in_use() -> Sequence[Carrier]:
    """Return the carriers that are asked in a search, in their order."""
    rows = CarrierAccount.objects.filter(is_active=True, slug__in=by_slug())
    return [by_slug()[row.slug](Account(row.base_url, row.account, row.secret)) for row in rows]
