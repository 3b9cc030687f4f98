"""Keywords: which words, on which code, for whom, and which text means which."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.matching import candidates, match_on_code
from imiconnect.numbers.models import Number, ShortCode
from imiconnect.numbers.services import keywords
from imiconnect.numbers.services.keywords import Wish
from imiconnect.numbers.text import fold_word, skeleton, without_punctuation
from imiconnect.rtm.telecom import optouts
from tests.factories import client_of

DETAILS = {
    "email": "ada@example.com",
    "company_name": "Northwind",
    "mailing_address": "1 High St",
    "contact_name": "Ada",
    "contact_number": "+44 20 7946 0018",
    "service_name": "Savings",
    "service_website": "https://example.com",
    "is_existing_website": True,
    "service_content": "Savings information",
}


def ask(member: Member, word: str, choice: str = "random", **more: Any) -> Number:
    wish = Wish(keyword=word, choice=choice, **more)
    return keywords.request_keyword(member=member, wish=wish, **DETAILS)


@pytest.fixture
def shared(catalogue: None) -> ShortCode:
    """A shared default code."""
    return ShortCode.objects.create(code="55555", country_id="GB", is_shared=True)


@pytest.fixture
def own(admin: Member, make_number: Any) -> ShortCode:
    """A dedicated code of Northwind."""
    code = ShortCode.objects.create(code="77777", country_id="GB")
    make_number(admin, Kind.SHORT_CODE, "77777", short_code=code, is_dedicated=True)
    return code


def test_random_gives_a_shared_default_code_that_waits_for_support(
    admin: Member, shared: ShortCode
) -> None:
    number = ask(admin, "Savings")
    assert (number.short_code, number.state, number.value) == (shared, "pending", "Savings")
    assert number.keyword_details.contact_number == "+442079460018"


def test_an_own_code_gives_the_keyword_at_once(admin: Member, own: ShortCode) -> None:
    number = ask(admin, "SAVINGS", "vanity", desired_short_code="77777")
    assert (number.short_code, number.state) == (own, State.ACTIVE)


def test_a_strangers_code_is_not_given(outsider: Member, own: ShortCode) -> None:
    with pytest.raises(ValidationError, match="not a short code of yours"):
        ask(outsider, "SAVINGS", "vanity", desired_short_code="77777")


def test_yes_gives_a_random_code_where_the_desired_one_is_not_to_be_had(
    outsider: Member, own: ShortCode, shared: ShortCode
) -> None:
    number = ask(outsider, "SAVINGS", "vanity", desired_short_code="77777", assign_random=True)
    assert number.short_code == shared


def test_no_refuses_a_taken_keyword_with_the_reason(
    admin: Member, outsider: Member, shared: ShortCode
) -> None:
    ask(admin, "SAVINGS")
    with pytest.raises(ValidationError, match="taken on 55555"):
        ask(outsider, "savings", "vanity", desired_short_code="55555")


def test_the_same_keyword_on_another_code_is_allowed(
    admin: Member, outsider: Member, own: ShortCode, shared: ShortCode
) -> None:
    ask(admin, "SAVINGS", "vanity", desired_short_code="77777")
    assert ask(outsider, "SAVINGS").short_code == shared


def test_before_submit_it_is_said_that_nothing_is_free(
    admin: Member, outsider: Member, shared: ShortCode
) -> None:
    ask(admin, "SAVINGS")
    found = keywords.preview(member=outsider, wish=Wish("Savings", "random"))
    assert found.code is None
    assert "No shared default short code is free" in found.problem


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("", "Enter the desired keyword"),
        ("MY WORD", "must not contain spaces"),
        ("x" * 51, "50 characters or fewer"),
        ("stop", "STOP is reserved"),
        ("Unsubscribe", "reserved"),
        ("!?", "letters or digits"),
    ],
)
def test_words_that_no_keyword_can_be(catalogue: None, word: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        keywords.checked_word(word)


def test_a_word_that_an_opt_out_word_shadows_is_warned_of(catalogue: None) -> None:
    assert any("is taken as STOP" in text for text in keywords.warnings_for("Stop!", None))


def test_a_word_that_looks_like_an_opt_out_word_is_warned_of(catalogue: None) -> None:
    assert any("looks like" in text for text in keywords.warnings_for("ST0P", None))


def test_a_cyrillic_twin_is_warned_of(admin: Member, shared: ShortCode) -> None:
    ask(admin, "SAVINGS")
    twin = "S\u0410VINGS"
    assert any("looks like another" in text for text in keywords.warnings_for(twin, shared))


def test_a_keyword_that_is_an_opt_out_word_of_ones_own_is_warned_of(
    admin: Member, outsider: Member, shared: ShortCode
) -> None:
    optouts.save_word(member=admin, word="Genug", meaning="opt_out")
    [warning] = keywords.preview(member=admin, wish=Wish("GENUG!", "random")).warnings
    assert "Genug is a word of your own (Opt-out)" in warning
    assert not keywords.preview(member=outsider, wish=Wish("GENUG!", "random")).warnings


@pytest.mark.parametrize("keyword", ["GENUG", "genug!"])
def test_a_keyword_does_not_become_an_opt_out_word(
    admin: Member, outsider: Member, shared: ShortCode, keyword: str
) -> None:
    ask(admin, keyword)
    with pytest.raises(ValidationError, match="is a keyword of yours"):
        optouts.save_word(member=admin, word="Genug", meaning="opt_out")
    assert optouts.save_word(member=outsider, word="Genug", meaning="opt_out").word == "Genug"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("savings", "SAVINGS"),
        ("  Savings please", "SAVINGS"),
        ("SAVINGS-PLUS now", "SAVINGS-PLUS"),
        ("savings-other", "SAVINGS"),
        ("savingsplus", None),
        ("STRASSE", "Straße"),
        ("my savings", None),
        ("", None),
    ],
)
def test_the_longest_keyword_that_the_text_begins_with_gets_it(
    admin: Member, own: ShortCode, text: str, word: str | None
) -> None:
    for keyword in ("SAVINGS", "SAVINGS-PLUS", "Straße"):
        ask(admin, keyword, "vanity", desired_short_code="77777")
    match = match_on_code(text, own)
    assert (match.keyword.value if match.keyword else None) == word


def test_an_opt_out_word_wins_over_keywords(own: ShortCode) -> None:
    match = match_on_code("Stop!", own)
    assert match.reserved is not None and match.reserved.word == "STOP"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_word(fold_word(text)) == fold_word(text)


@given(st.text(min_size=1, max_size=40))
def test_a_word_is_its_own_longest_candidate(text: str) -> None:
    words = fold_word(text).split()
    if words:
        assert candidates(text)[0] == words[0]
        assert candidates(f"  {words[0]} more")[0] == words[0]


@given(st.text(max_size=60))
def test_upper_and_lower_case_look_alike(text: str) -> None:
    if text.upper().casefold() == text.casefold():
        assert skeleton(text.upper()) == skeleton(text)


@given(st.text(max_size=40))
def test_no_punctuation_is_left_at_the_ends(text: str) -> None:
    bare = without_punctuation(text)
    assert not bare or (bare[0].isalnum() and bare[-1].isalnum())


def test_the_form_asks_to_read_warnings(admin: Member, shared: ShortCode) -> None:
    ask(admin, "SAVINGS")
    form = {**DETAILS, "keyword": "S\u0410VINGS", "choice": "random", "assign_random": "no"}
    form["is_existing_website"] = "yes"
    client = client_of(admin)
    page = client.post("/numbers/get/keyword/", form)
    assert page.status_code == 422
    assert page.context["form"].errors["accept"] == [
        "It looks like another keyword on 55555. Tick this to request it all the same, or "
        "change the keyword."
    ]
    assert client.post("/numbers/get/keyword/", {**form, "accept": "on"}).status_code == 302


def test_the_form_keeps_what_was_typed_beside_its_errors(
    admin: Member, shared: ShortCode
) -> None:
    page = client_of(admin).post(
        "/numbers/get/keyword/", {"keyword": "A B", "choice": "vanity"}
    )
    text = page.content.decode()
    assert page.status_code == 422 and 'value="A B"' in text
    assert "Enter the desired short code" in text


def test_the_try_it_box_tells_who_gets_a_text(admin: Member, own: ShortCode) -> None:
    ask(admin, "SAVINGS", "vanity", desired_short_code="77777")
    form = {"text": " savings now", "code": str(own.pk)}
    text = client_of(admin).post("/tools/keyword-test/", form).content.decode()
    assert "SAVINGS" in text and "Northwind Bank" in text


def test_the_try_it_box_does_not_name_a_stranger(
    admin: Member, outsider: Member, shared: ShortCode
) -> None:
    Number.objects.filter(pk=ask(outsider, "SAVINGS").pk).update(state=State.ACTIVE)
    form = {"text": "savings", "code": str(shared.pk)}
    text = client_of(admin).post("/tools/keyword-test/", form).content.decode()
    assert "Another organization" in text and "Harbour" not in text
