"""Searching numbers for sale at every carrier in use."""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from imiconnect.numbers.carriers import registry
from imiconnect.numbers.carriers.base import CarrierError, Offer, Query
from imiconnect.numbers.kinds import Match
from imiconnect.numbers.models import RateCard
from imiconnect.numbers.numbering import AREAS, pretty

log = logging.getLogger(__name__)
LIMIT = 20
_DIGITS = re.compile(r"[0-9*]*")


@dataclass(frozen=True)
class Found:
    """A number for sale with its rates."""

    e164: str
    shown: str
    carrier: str
    locality: str
    rate: RateCard


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
    if country not in AREAS:
        elsewhere = _("This can be asked for in the United States and Canada only.")
        given = {"area_code": area, "locality": city}
        problems = {name: [elsewhere] for name, value in given.items() if value}
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
    limit: int = LIMIT,
) -> tuple[list[Found], bool]:
    """Return numbers for sale, and whether every carrier could be asked.

    Raises ``ValidationError`` for digits that are none, and as ``checked_area`` does.
    """
    area, city = checked_area(rate.country_id, area_code, locality)
    query = Query(
        country=rate.country_id,
        number_type=rate.number_type,
        digits=_without_idle(checked_digits(digits), match),
        match=Match(match or Match.ANYWHERE),
        needs_voice=rate.voice,
        needs_sms=rate.sms,
        limit=limit,
        area_code=area,
        locality=city,
    )
    offers: list[Offer] = []
    complete = True
    for carrier in registry.in_use():
        if len(offers) >= limit:
            break
        try:
            offers.extend(carrier.search(query))
        except CarrierError:
            log.warning("Carrier %s could not be searched", carrier.slug, exc_info=True)
            complete = False
    return [_found(offer, rate) for offer in _once(offers)][:limit], complete


def _without_idle(digits: str, match: str) -> str:
    """Return the pattern without wildcards that say nothing at an open end."""
    if match != Match.START:
        digits = digits.lstrip("*")
    return digits if match == Match.END else digits.rstrip("*")


def _once(offers: Iterable[Offer]) -> Iterable[Offer]:
    return {offer.e164: offer for offer in reversed(list(offers))}.values()


def _found(offer: Offer, rate: RateCard) -> Found:
    return Found(offer.e164, pretty(offer.e164), offer.carrier, offer.locality, rate)
