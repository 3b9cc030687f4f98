"""Numbers in groups: as the library writes them, in a fifth of the time."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from imiconnect.numbers.numbering import pretty

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def written_by_the_library(text: str) -> str:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


@given(st.sampled_from(CODES), st.text("0123456789", max_size=16))
def test_any_digits_read_as_the_library_writes_them(code: int, digits: str) -> None:
    assert pretty(f"+{code}{digits}") == written_by_the_library(f"+{code}{digits}")


def test_numbers_of_every_country_and_type_read_as_the_library_writes_them() -> None:
    types = [*PhoneNumberType.values(), None]
    for region in REGIONS:
        for number_type in types:
            number = phonenumbers.example_number_for_type(region, number_type)
            if number:
                e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                assert pretty(e164) == written_by_the_library(e164)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("+447400123456", "+44 7400 123456"),
        ("+4407400123456", "+44 7400 123456"),
        ("+78001234567", "+7 800 123-45-67"),
        ("+390612345678", "+39 06 1234 5678"),
        ("+٤٤٧٤٠٠١٢٣٤٥٦", "+44 7400 123456"),
        ("+0447400123456", "+0447400123456"),
        ("+", "+"),
        ("", ""),
    ],
)
def test_what_is_not_plain_is_parsed(text: str, read: str) -> None:
    assert pretty(text) == read
