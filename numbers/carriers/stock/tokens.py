"""Digit n-grams as integers: what makes a search anywhere in a number an index lookup.

A token holds country, type and two or three digits with their place, so a posting list has
only numbers of that country and type: ``(country * 4 + type) * 10000 + place and digits``.
"""

import re
from collections.abc import Iterator

from imiconnect.numbers.kinds import Match, NumberType

ANY = "*"
_TYPES = {slug: place for place, slug in enumerate(NumberType.values)}
_PAIR, _START, _END = 1000, 2000, 3000
_SPAN = 10_000


def tokens_of(country: str, number_type: str, national: str) -> list[int]:
    """Return the tokens of a number: pairs, triples, its first and its last three digits."""
    codes = {_PAIR + int(pair) for pair in _runs(national, 2)}
    codes.update(int(triple) for triple in _runs(national, 3))
    codes.update((_START + int(national[:3]), _END + int(national[-3:])))
    base = _base(country, number_type)
    return sorted(base + code for code in codes)


def tokens_for(country: str, number_type: str, digits: str, match: str) -> list[int]:
    """Return the tokens that every number fitting the pattern has; may be empty."""
    codes: set[int] = set()
    for run in re.findall(r"\d{2,}", digits):
        size = 3 if len(run) > 2 else 2
        codes.update((0 if size == 3 else _PAIR) + int(part) for part in _runs(run, size))
    if match == Match.START and digits[:3].isdigit() and len(digits) >= 3:
        codes.add(_START + int(digits[:3]))
    if match == Match.END and digits[-3:].isdigit() and len(digits) >= 3:
        codes.add(_END + int(digits[-3:]))
    base = _base(country, number_type)
    return sorted(base + code for code in codes)


def like_pattern(digits: str, match: str) -> str:
    """Return the pattern for SQL ``LIKE``; ``*`` is any one digit."""
    middle = digits.replace(ANY, "_")
    before = "" if match == Match.START else "%"
    after = "" if match == Match.END else "%"
    return f"{before}{middle}{after}"


def _runs(digits: str, size: int) -> Iterator[str]:
    for at in range(len(digits) - size + 1):
        yield digits[at : at + size]


def _base(country: str, number_type: str) -> int:
    first, second = (ord(letter) - ord("A") for letter in country)
    return ((first * 26 + second) * len(_TYPES) + _TYPES[number_type]) * _SPAN
