"""Raw payloads as pages show them."""

import pytest

from imiconnect.rtm.masking import MASK, masked, masked_json


@pytest.mark.parametrize(
    "name", ["accessToken", "client_key", "x-hub-signature", "Authorization", "otp", "PIN"]
)
def test_secrets_are_masked_at_any_depth(name: str) -> None:
    assert masked({"a": [{name: "value"}]}) == {"a": [{name: MASK}]}


def test_what_was_said_stays() -> None:
    assert masked({"message": "Hello", "shipping": "today"}) == {
        "message": "Hello",
        "shipping": "today",
    }


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert str(masked("x" * 5000)).endswith("… (5000 characters)")


def test_text_that_is_not_json_is_shown_as_it_is() -> None:
    assert masked_json("plain") == "plain"
