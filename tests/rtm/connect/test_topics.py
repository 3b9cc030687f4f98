"""Names on the broker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.rtm.protocol import topics

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: topics.name_problem(name) is None)


@pytest.mark.parametrize(
    "name",
    [
        "", "a/b", "a+b", "#", "*", ">", " a", "a ", "a\x00b", "a\nb", "a\u2028b", "\ud800",
        "x" * 129,
    ],
)  # fmt: skip
def test_a_name_that_could_reach_another_topic_is_refused(name: str) -> None:
    assert topics.name_problem(name)


@pytest.mark.parametrize(
    "name", ["a", "john.doe", "jane doe", "50%", "ü", "日本", "x" * 128, "."]
)
def test_other_names_are_accepted(name: str) -> None:
    assert topics.name_problem(name) is None


@given(NAMES, NAMES)
def test_an_uplink_topic_tells_whose_it_is(user: str, device: str) -> None:
    assert topics.parse_uplink(topics.uplink("AB12345678", user, device)) == (
        "AB12345678",
        user,
        device,
    )


@given(NAMES, NAMES)
def test_different_users_have_different_topics_and_client_ids(one: str, other: str) -> None:
    app = "AB12345678"
    same = one == other
    assert (topics.downlink(app, one) == topics.downlink(app, other)) is same
    assert (
        topics.broker_client_id(app, one, "d") == topics.broker_client_id(app, other, "d")
    ) is same
    assert (
        topics.nats_subject(topics.downlink(app, one))
        == topics.nats_subject(topics.downlink(app, other))
    ) is same


@pytest.mark.parametrize(
    "topic",
    ["up/0/AB12345678/u", "down/0/AB12345678/u/d", "up/99/AB12345678/u/d", "up/x/A/u/d", ""],
)
def test_a_topic_of_the_wrong_form_or_shard_is_nobodys(topic: str) -> None:
    assert topics.parse_uplink(topic) is None


def test_every_shard_is_used_and_read() -> None:
    used = {topics.shard_of("AB12345678", f"user{number}") for number in range(500)}
    assert used == set(range(topics.SHARDS))
    assert topics.uplink_filters() == ["up/+/+/+/+"]
    assert topics.uplink_filters([3]) == ["up/3/+/+/+"]
