"""Parameters of templates: found, filled in, and missed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.models import Channel
from imiconnect.rtm.wordings.rendering import checked_parameters, filled, names_in, odd_in
from imiconnect.rtm.wordings.shapes import joined, split, text_of

CONTENT = {
    "message": {"text": "Dear $(name), $$(name) is $(amount)."},
    "extras": {"link": ["https://a.test/$(id)"], "count": 3, "name": "$(name)"},
}


def test_parameters_are_found_once_in_their_order() -> None:
    assert names_in(CONTENT) == ["name", "amount", "id"]


def test_parameters_are_filled_in_everywhere() -> None:
    assert filled(CONTENT, {"name": "Ada $(id)", "amount": "7", "id": "x", "more": "y"}) == {
        "message": {"text": "Dear Ada $(id), $(name) is 7."},
        "extras": {"link": ["https://a.test/x"], "count": 3, "name": "Ada $(id)"},
    }


def test_a_parameter_that_is_missing_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        filled(CONTENT, {"name": "Ada"})
    assert (refused.value.code, "message.parameters.amount" in refused.value.sentence) == (
        7003,
        True,
    )


@pytest.mark.parametrize("text", ["$(first name)", "$()", "$(1st)", "$(a", "x $(é)"])
def test_what_only_looks_like_a_parameter_is_found(text: str) -> None:
    assert odd_in({"text": text}).startswith("$(")


@pytest.mark.parametrize("text", ["$(name)", "$$(first name)", "5 $ (net)", "$", "$name"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert odd_in({"text": text}) == ""


@pytest.mark.parametrize(
    "given", [[], "x", {"a": None}, {"a": True}, {"a": {}}, {"a": "x" * 2001}]
)
def test_parameters_are_texts_or_numbers(given: Any) -> None:
    with pytest.raises(Refusal) as refused:
        checked_parameters(given)
    assert refused.value.code == 7004


def test_numbers_are_written_as_they_are() -> None:
    assert checked_parameters({"a": 7, "b": 1.5, "c": ""}) == {"a": "7", "b": "1.5", "c": ""}


_WORD = st.text(max_size=5)
_MORE = st.dictionaries(st.sampled_from(["extras", "tag", "senderid"]), _WORD, max_size=2)
_PUSH = st.dictionaries(
    st.sampled_from(["ios", "android", "web"]),
    st.dictionaries(st.sampled_from(["text", "title", "url"]), _WORD.filter(bool), max_size=3),
    max_size=3,
)


@given(st.sampled_from(["sms", "rt", "fb"]), _WORD.filter(bool), _MORE)
def test_a_form_keeps_a_content_as_it_is(channel: str, text: str, more: dict[str, Any]) -> None:
    content = joined(channel, text, "", more)
    assert text_of(channel, content) == text
    assert joined(channel, *split(channel, content)) == content


@given(_WORD, _WORD, _PUSH)
def test_a_form_keeps_what_each_platform_shows(
    text: str, title: str, more: dict[str, Any]
) -> None:
    content = joined(Channel.PUSH, text, title, more)
    assert joined(Channel.PUSH, *split(Channel.PUSH, content)) == content
