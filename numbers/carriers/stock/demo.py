"""Demo stock: valid numbers made from libphonenumber's metadata, the same on every machine.

For each rate the example number of the fitting range is taken and its last digits are
varied by a seeded generator; what ``phonenumbers`` does not call valid is left out. Where
numbers belong to cities, they are of the largest ones that the metadata knows.
"""

import random
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from imiconnect.numbers.carriers.stock.geography import Area, areas_of, place_of
from imiconnect.numbers.carriers.stock.places import keep_stock
from imiconnect.numbers.carriers.stock.tokens import tokens_of
from imiconnect.numbers.kinds import NumberType
from imiconnect.numbers.models import RateCard, StockNumber

#: The ranges that a type is taken from, the first that the country has.
_RANGES: dict[str, tuple[int, ...]] = {
    NumberType.MULTI_FUNCTION: (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE),
    NumberType.LANDLINE: (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE),
    NumberType.MOBILE: (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE),
    NumberType.TOLLFREE: (PhoneNumberType.TOLL_FREE,),
}
#: One range serves two types in some countries: each type takes its own half of the digits.
_PARITY = {NumberType.MULTI_FUNCTION: 0, NumberType.LANDLINE: 1, NumberType.MOBILE: 1}
#: Which area codes the cities of a country are taken from.
_CODES = {
    "CA": ("403", "416", "514", "604"),
    "US": ("201", "212", "305", "312", "415", "617", "718"),
}


def numbers_of(rate: RateCard, count: int) -> Iterator[str]:
    """Yield up to ``count`` valid E.164 numbers of a rate's type in its country."""
    example = _example(rate)
    if example is None:
        return
    # Reproducible on purpose; nothing secret is drawn.
    chance = random.Random(f"{rate.country_id}{rate.number_type}")  # noqa: S311
    areas = _areas(rate, example)
    seen: set[str] = set()
    for _try in range(count * 12):
        text = _drawn(example, areas, chance)
        if int(text[-1]) % 2 != _PARITY.get(NumberType(rate.number_type), int(text[-1]) % 2):
            continue
        if text not in seen and _fits(text, rate.country_id) and (not areas or place_of(text)):
            seen.add(text)
            yield text
            if len(seen) == count:
                return


def _areas(rate: RateCard, example: phonenumbers.PhoneNumber) -> tuple[Area, ...]:
    """Return the cities that numbers like the example belong to; none for mobile numbers."""
    kind = phonenumbers.number_type(example)
    if kind not in (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return ()
    return areas_of(rate.country_id, _CODES.get(rate.country_id, ()))


def _drawn(
    example: phonenumbers.PhoneNumber, areas: tuple[Area, ...], chance: random.Random
) -> str:
    """Return a number like the example, of one of the areas; it may not exist."""
    digits = phonenumbers.national_significant_number(example)
    vary = min(4, len(digits) - 3)
    if areas:
        start = chance.choice(chance.choice(areas).starts)
        digits = start + digits[len(start) :]
        vary = min(4, len(digits) - len(start))
    tail = "".join(chance.choice("0123456789") for _place in range(vary))
    return f"+{example.country_code}{digits[: len(digits) - vary]}{tail}"


def stock_row(e164: str, rate: RateCard, operator: str = "") -> StockNumber:
    """Return an unsaved row for sale, with its tokens."""
    national = phonenumbers.national_significant_number(phonenumbers.parse(e164))
    return StockNumber(
        e164=e164,
        national=national,
        country_id=rate.country_id,
        number_type=rate.number_type,
        operator=operator,
        tokens=tokens_of(rate.country_id, rate.number_type, national),
    )


def make_stock(per_rate: int = 40) -> int:
    """Add demo numbers for every rate with a price and return how many rows there are."""
    rows: list[StockNumber] = []
    for rate in RateCard.objects.filter(monthly_rental__isnull=False).order_by("pk"):
        rows.extend(stock_row(e164, rate) for e164 in numbers_of(rate, per_rate))
    keep_stock(rows, ignore_conflicts=True)
    return StockNumber.objects.count()


def _example(rate: RateCard) -> phonenumbers.PhoneNumber | None:
    for kind in _RANGES[rate.number_type]:
        found = phonenumbers.example_number_for_type(rate.country_id, kind)
        if found is not None:
            return found
    return None


def _fits(e164: str, country: str) -> bool:
    number = phonenumbers.parse(e164)
    return phonenumbers.is_valid_number_for_region(number, country) and (
        phonenumbers.format_number(number, PhoneNumberFormat.E164) == e164
    )
