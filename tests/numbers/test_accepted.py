"""Whatever is accepted as keyword, short code or numeric Sender ID, it works as one."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.matching import match_on_code, meaning_of
from imiconnect.numbers.models import Country, ShortCode
from imiconnect.numbers.services import keywords, senders, short_codes
from imiconnect.numbers.text import fold_word

#: Letters whose case or form is not simple, with marks, spaces and digits among them.
_ODD = "aZ1ßİıſΣςǅﬁ①Ⅷ٣é́-!._ \u00a0\u00b4"
_SLOW = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)


@pytest.fixture
def shared(catalogue: None) -> ShortCode:
    """A shared default code."""
    return ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)


@_SLOW
@given(typed=st.one_of(st.text(max_size=55), st.text(_ODD, min_size=1, max_size=12)))
def test_an_accepted_keyword_can_be_kept_and_gets_its_texts(
    admin: Member, make_number: Any, shared: ShortCode, typed: str
) -> None:
    try:
        word = keywords.checked_word(typed)
    except ValidationError:
        return
    assert 0 < len(word) <= 50
    assert not any(letter.isspace() for letter in word + fold_word(word))
    number = make_number(admin, Kind.KEYWORD, word, short_code=shared)
    for text in {word, word.lower(), word.upper(), word.swapcase(), f" {word} please"}:
        if fold_word(text).split()[0] != fold_word(word):
            continue  # a letter that has no other case of its own
        match = match_on_code(text, shared)
        assert match.keyword == number or match.reserved == meaning_of(word) is not None
    number.delete()


@_SLOW
@given(
    typed=st.one_of(st.text(max_size=9), st.text("0123456789٣ -", min_size=3, max_size=10)),
    iso2=st.sampled_from(["GB", "US", "AE", "FJ"]),
)
def test_an_accepted_short_code_has_digits_and_a_length_of_the_country(
    catalogue: None, typed: str, iso2: str
) -> None:
    country = Country.objects.get(pk=iso2)
    try:
        code = short_codes.checked_code(typed, country)
    except ValidationError:
        return
    assert code.isascii() and code.isdigit()
    assert len(code) in short_codes.lengths_in(country)


@_SLOW
@given(
    digits=st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True),
    mark=st.sampled_from(["", " ", "-", "."]),
    plus=st.sampled_from(["", "+"]),
)
def test_an_own_number_is_a_sender_id_of_its_digits_however_it_is_typed(
    admin: Member, make_number: Any, digits: str, mark: str, plus: str
) -> None:
    number = make_number(admin, Kind.PHONE_NUMBER, f"+{digits}")
    checked = senders.check_sender_id(
        member=admin, code=plus + mark.join(digits), country=Country.objects.get(pk="GB")
    )
    assert (checked.value, checked.number) == (number.value.removeprefix("+"), number)
    number.delete()
