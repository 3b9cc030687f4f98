"""Searching numbers for sale at every carrier in use."""

import logging
import re
from dataclasses import dataclass, field, replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierError, Offer, Query
from imiconnect.numbers.kinds import Match
from imiconnect.numbers.models import RateCard
from imiconnect.numbers.numbering import AREAS, pretty

log = logging.getLogger(__name__)
LIMIT = 20
#: How many cities are named where the one that was asked for has no numbers.
CITIES = 8
_DIGITS = re.compile(r"[0-9*]*")
_PLACE = re.compile(r"([a-z0-9_-]{1,30}):(\+[1-9][0-9]{4,14})", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A number for sale with its rates."""

    e164: str
    shown: str
    carrier: str
    locality: str
    rate: RateCard


@dataclass(frozen=True)
class Part:
    """Which of the numbers: at most how many, behind the ``after`` of the shelf before."""

    limit: int = LIMIT
    after: str = ""


@dataclass(frozen=True)
class Shelf:
    """Some of the numbers for sale.

    ``complete`` tells whether every carrier could be asked, ``after`` where the next ones
    begin; it is empty after the last one. ``cities`` are those to try where none of the
    numbers is in the city that was asked for; ``in_city`` tells whether it has numbers of the
    type at all.
    """

    found: list[Found]
    complete: bool
    after: str
    cities: list[str] = field(default_factory=list)
    in_city: bool = True


def checked_digits(text: str) -> str:
    """Return preferred digits without spaces and dashes, or raise for other characters."""
    digits = re.sub(r"[\s\-.()+]", "", text)
    if not _DIGITS.fullmatch(digits):
        raise ValidationError(
            {"digits": [_("Number must have digits, and * for any one digit, only.")]}
        )
    if len(digits) > 12:
        raise ValidationError({"digits": [_("Number must have 12 digits or fewer.")]})
    return digits


def checked_area(country: str, area_code: str, locality: str) -> tuple[str, str]:
    """Return area code and city without idle spaces; raises ``ValidationError`` by field.

    An area code is three digits of the North American plan, the first of them 2 to 9.
    """
    area, city = re.sub(r"[\s()]", "", area_code), " ".join(locality.split())
    problems: dict[str, list[str]] = {}
    if area and not re.fullmatch(r"[2-9][0-9]{2}", area):
        problems["area_code"] = [
            _("Area code must have 3 digits, the first of them from 2 to 9.")
        ]
    if area and country not in AREAS:
        elsewhere = _("This can be asked for in the United States and Canada only.")
        problems = {"area_code": [elsewhere]}
    if problems:
        raise ValidationError(problems)
    return area, city


def search_numbers(
    *,
    rate: RateCard,
    digits: str = "",
    match: str = Match.ANYWHERE,
    area_code: str = "",
    locality: str = "",
    part: Part = Part(),
) -> Shelf:
    """Return numbers for sale: the first ones, or those behind a shelf's ``after``.

    Carriers follow one another in their order, the numbers of each are sorted; so all are
    reached, each once, also while some are sold. Raises ``ValidationError`` for digits that
    are none, and for an ``after`` that leads nowhere, and as
    ``checked_area`` does.
    """
    area, city = checked_area(rate.country_id, area_code, locality)
    query = Query(
        country=rate.country_id,
        number_type=rate.number_type,
        digits=_without_idle(checked_digits(digits), match),
        match=Match(match or Match.ANYWHERE),
        needs_voice=rate.voice,
        needs_sms=rate.sms,
        area_code=area,
        locality=city,
    )
    carriers = list(registry.in_use().items())
    last = ""
    if part.after:
        account, last = _place(part.after)
        carriers = carriers[[key for key, _carrier in carriers].index(account) :]
    offers: dict[str, Offer] = {}
    complete = True
    for _key, carrier in carriers:
        left = part.limit + 1 - len(offers)
        if left <= 0:
            break
        try:
            some = carrier.search(replace(query, limit=left, after=last))
        except CarrierError:
            log.warning("Carrier %s could not be searched", carrier.slug, exc_info=True)
            some, complete = [], False
        offers |= {offer.e164: offer for offer in some if offer.e164 not in offers}
        last = ""
    shown = list(offers.values())[: part.limit]
    more = f"{shown[-1].carrier}:{shown[-1].e164}" if len(offers) > part.limit else ""
    shelf = Shelf([_found(offer, rate) for offer in shown], complete, more)
    return shelf if shown or part.after or not city else _elsewhere(shelf, query)


def _elsewhere(shelf: Shelf, query: Query) -> Shelf:
    """Return an empty shelf with the cities to try in place of the one that was asked for."""
    there = replace(query, digits="", area_code="", limit=1)
    for _key, carrier in registry.in_use().items():
        try:
            if carrier.search(there):
                return shelf
        except CarrierError:
            log.warning("Carrier %s could not be searched", carrier.slug, exc_info=True)
    like = cities_of(query.country, query.number_type, query.locality)
    return replace(shelf, cities=like, in_city=False)


def cities_of(
    country: str, number_type: str = "", like: str = "", limit: int = CITIES
) -> list[str]:
    """Return cities in which carriers say that they have numbers, of the type or of any.

    Those most like ``like`` come first, else they are in the order of the alphabet.
    """
    found = [
        name
        for _key, carrier in registry.in_use().items()
        for name in carrier.cities(country, number_type, like, limit)
    ]
    return list(dict.fromkeys(found))[:limit]


def _place(after: str) -> tuple[str, str]:
    """Return account and number of an ``after``; raises ``ValidationError``."""
    place = _PLACE.fullmatch(after)
    if place is None or place[1] not in registry.in_use():
        raise ValidationError({"after": [_("These numbers cannot be gone on with.")]})
    return place[1], place[2]


def _without_idle(digits: str, match: str) -> str:
    """Return the pattern without wildcards that say nothing at an open end."""
    if match != Match.START:
        digits = digits.lstrip("*")
    return digits if match == Match.END else digits.rstrip("*")


def _found(offer: Offer, rate: RateCard) -> Found:
    return Found(offer.e164, pretty(offer.e164), offer.carrier, offer.locality, rate)
