"""Mobile numbers of customers, as the log and the carriers write them: digits alone."""

import re
from functools import lru_cache

from imiconnect.numbers.numbering import likely_region, possible_e164
from imiconnect.rtm.intake.answers import invalid, missing

MAX = 64
_MARKS = re.compile(r"[\s\-.()/]+")


@lru_cache(maxsize=65_536)
def digits_of(text: str) -> str:
    """Return a number with its country code as digits; empty when no such number can exist.

    The plus sign, or 00 in its place, may be there or not.
    """
    bare = _MARKS.sub("", text)
    bare = bare.removeprefix("+").removeprefix("00")
    if not (bare.isascii() and bare.isdigit()):
        return ""
    return (possible_e164(f"+{bare}") or "").removeprefix("+")


@lru_cache(maxsize=65_536)
def country_of(digits: str) -> str:
    """Return the ISO code of the country of a number, empty where it belongs to none."""
    return likely_region(f"+{digits}") or ""


def destination(kind: str, name: str, where: str) -> str:
    """Return an identifier of a request as it is kept; raises ``Refusal``.

    A number that cannot exist is kept as it is: its message fails with 7102, as documented,
    and the others of the request are sent.
    """
    if not name.strip():
        raise missing(where)
    if len(name) > MAX:
        raise invalid(f"{where}: an identifier is longer than {MAX} characters.")
    return (digits_of(name) or name) if kind == "msisdn" else name
