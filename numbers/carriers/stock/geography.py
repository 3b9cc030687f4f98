"""Where in its country a number is, by libphonenumber's geocoder.

The geocoder's tables take a second to read and 100 MB to keep, so they are imported when stock
is made or imported, never to search in it.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers
from babel import Locale, UnknownLocaleError

#: No prefix of the tables is longer, calling code included.
_LONGEST = 9
#: Of how many cities a country's demo numbers are.
_MOST = 12
#: The North American plan: a city's name has a comma, and its islands have no cities.
_PLAN = 1
_WORLD = "en"


@dataclass(frozen=True)
class Area:
    """A city with what its national numbers begin with."""

    name: str
    starts: tuple[str, ...]


def place_of(e164: str) -> tuple[str, ...]:
    """Return the names of the place where a number is: in English, and as it is called there.

    Empty where the metadata knows no more than the country: most mobile numbers, all toll-free.
    """
    return _place_of(e164[: _LONGEST + 1], len(e164))


@lru_cache(maxsize=4096)
def _place_of(start: str, length: int) -> tuple[str, ...]:
    number = phonenumbers.parse(start.ljust(length, "5"))
    region = phonenumbers.region_code_for_number(number)
    if region is None or not phonenumbers.is_number_geographical(number):
        return ()
    from phonenumbers import geocoder

    names = (
        geocoder.description_for_valid_number(number, language)
        for language in (_WORLD, _language(region))
    )
    country = {_country_name(region, language) for language in (_WORLD, _language(region))}
    return tuple(dict.fromkeys(name for name in names if name and name not in country))


@cache
def _language(region: str) -> str:
    """Return the language that most people of a country speak (CLDR)."""
    try:
        return Locale.parse(f"und_{region}").language
    except (UnknownLocaleError, ValueError):
        return _WORLD


@cache
def _country_name(region: str, language: str) -> str:
    from phonenumbers import geocoder

    example = phonenumbers.example_number(region)
    return geocoder.country_name_for_number(example, language) if example else ""


@cache
def areas_of(country: str, within: tuple[str, ...] = ()) -> tuple[Area, ...]:
    """Return the largest cities of a country, by how many numbers they could have.

    ``within`` are beginnings of national numbers, of which each start has one; empty for any.
    """
    code = phonenumbers.country_code_for_region(country)
    if code == _PLAN and not within:
        return ()
    space: dict[str, float] = defaultdict(float)
    starts: dict[str, list[str]] = defaultdict(list)
    for start, name in _by_calling_code().get(code, ()):
        is_city = (code != _PLAN or ", " in name) and "/" not in name
        if is_city and (not within or start.startswith(within)):
            space[name] += 10.0 ** -len(start)
            starts[name].append(start)
    found: list[Area] = []
    for name in sorted(space, key=lambda name: (-space[name], name)):
        own = tuple(start for start in sorted(starts[name]) if _is_of(start, country))
        if own:
            found.append(Area(name, own))
        if len(found) == _MOST:
            break
    return tuple(found)


def _is_of(start: str, country: str) -> bool:
    """Tell whether numbers that begin so are of this country, of those of its calling code."""
    example = phonenumbers.example_number_for_type(
        country, phonenumbers.PhoneNumberType.FIXED_LINE
    )
    if example is None:
        return False
    digits = phonenumbers.national_significant_number(example)
    number = phonenumbers.parse(f"+{example.country_code}{start}{digits[len(start) :]}")
    return bool(phonenumbers.is_valid_number_for_region(number, country))


@cache
def _by_calling_code() -> dict[int, list[tuple[str, str]]]:
    """Return the geocoder's prefixes without calling code, with their names in English."""
    from phonenumbers.geodata import GEOCODE_DATA

    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for prefix, names in GEOCODE_DATA.items():
        if name := names.get(_WORLD):
            size = next(
                size
                for size in (1, 2, 3)
                if int(prefix[:size]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
            )
            found[int(prefix[:size])].append((prefix[size:], name))
    return found
