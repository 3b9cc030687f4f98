"""The policy of an app."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy, as_stored, checked, policy_of


def test_an_app_without_policy_has_the_documented_one() -> None:
    policy = policy_of(App(policy={}))
    assert (policy.retry_count, policy.retry_interval_seconds) == (3, 60)
    assert (policy.expiry_seconds, policy.allowed_origins) == (86400, ())
    assert policy.client_key_as_password is False


@given(
    st.builds(
        Policy,
        retry_count=st.integers(0, 10),
        retry_interval_seconds=st.integers(1, 86400),
        expiry_seconds=st.integers(1, 2419200),
        client_key_as_password=st.booleans(),
    )
)
def test_a_policy_is_read_as_it_was_stored(policy: Policy) -> None:
    assert policy_of(App(policy=as_stored(checked(policy)))) == policy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("retry_count", -1),
        ("retry_count", 11),
        ("retry_interval_seconds", 0),
        ("retry_interval_seconds", 86401),
        ("expiry_seconds", 0),
        ("messages_per_second", -1),
        ("messages_per_second", 1001),
        ("expiry_seconds", 2419201),
        ("allowed_origins", ("shop.example",)),
        ("allowed_origins", ("https://shop.example/path",)),
        ("allowed_origins", ("https://user@shop.example",)),
        ("allowed_origins", ("https://shop.example:99999",)),
        ("allowed_origins", tuple(f"https://{n}.example" for n in range(51))),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        checked(Policy(**{field: value}))
    assert list(caught.value.message_dict) == [field]


def test_origins_are_written_as_browsers_do() -> None:
    typed = (" HTTPS://Shop.Example:443/ ", "https://shop.example", "http://localhost:3000")
    assert checked(Policy(allowed_origins=typed)).allowed_origins == (
        "https://shop.example",
        "http://localhost:3000",
    )


def test_an_asterisk_allows_every_origin() -> None:
    assert Policy(allowed_origins=("*",)).allows_origin("https://any.example")
    assert not Policy(allowed_origins=("https://a.example",)).allows_origin("https://b.example")
    assert not Policy().allows_origin("https://a.example")
