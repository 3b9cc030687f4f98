"""Expressions over topics and segments, as requests write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.rtm.protocol.expressions import (
    MAX_EXPRESSION,
    Plan,
    WrongExpression,
    name_problem,
    names_of,
    parse,
    replaced,
)


def name(word: str) -> Plan:
    return ["name", word]


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("news", name("news")),
        ("card-offers", name("card-offers")),
        ("a | b", ["|", name("a"), name("b")]),
        ("a||b", ["|", name("a"), name("b")]),
        ("a&b", ["&", name("a"), name("b")]),
        ("a - b", ["-", name("a"), name("b")]),
        ("a'", ["!", name("a")]),
        ("!a", ["!", name("a")]),
        ("!a'", ["!", ["!", name("a")]]),
        ("a | b & c", ["|", name("a"), ["&", name("b"), name("c")]]),
        ("a | b - c", ["-", ["|", name("a"), name("b")], name("c")]),
        ("(a | b) & c'", ["&", ["|", name("a"), name("b")], ["!", name("c")]]),
    ],
)
def test_an_expression_becomes_a_plan(text: str, plan: Plan) -> None:
    assert parse(text) == plan


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("a b", "sign is missing"),
        ("a |", "name is missing"),
        ("| a", "name is missing"),
        ("(a", "closing bracket"),
        ("a)", "sign is missing"),
        ("a ; b", "“;”"),
        ("!" * 900 + "a", "nested"),
        ("a" + "'" * 600, "over 40 complements"),
        ("(" * 15 + "a" + "''')" * 15, "over 40 complements"),
        ("a" + " & a" * 240, "over 20"),
        ("(" * 900, "nested"),
        (" | ".join(f"t{n}" for n in range(21)), "over 20"),
        ("a" * (MAX_EXPRESSION + 1), "longer"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, word: str) -> None:
    with pytest.raises(WrongExpression, match=word.replace("(", r"\(")):
        parse(text)


NAMES = st.from_regex(r"[a-z][a-z0-9.:@-]{0,8}[a-z0-9]", fullmatch=True)
PLANS = st.recursive(
    NAMES.map(name),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("|&-"), inner, inner).map(list),
        inner.map(lambda plan: ["!", plan]),
    ),
    max_leaves=8,
)


def written(plan: Plan) -> str:
    """Write a plan with a bracket around every part."""
    if plan[0] == "name":
        return str(plan[1])
    if plan[0] == "!":
        return f"!({written(plan[1])})"
    return f"({written(plan[1])} {plan[0]} {written(plan[2])})"


def evaluated(plan: Plan, sets: dict[str, set[int]], everybody: set[int]) -> set[int]:
    if plan[0] == "name":
        return sets[plan[1]]
    parts = [evaluated(part, sets, everybody) for part in plan[1:]]
    if plan[0] == "!":
        return everybody - parts[0]
    return {
        "|": parts[0] | parts[-1], "&": parts[0] & parts[-1], "-": parts[0] - parts[-1]
    }[plan[0]]  # fmt: skip


@given(PLANS)
def test_what_is_written_is_read_again(plan: Plan) -> None:
    try:
        assert parse(written(plan)) == plan
    except WrongExpression as error:
        assert "nested" in str(error)


@given(PLANS, st.data())
def test_brackets_around_a_whole_change_nothing(plan: Plan, data: Any) -> None:
    users = {word: data.draw(st.frozensets(st.integers(0, 9))) for word in names_of(plan)}
    sets = {word: set(members) for word, members in users.items()}
    first = parse(written(plan)) if written(plan).count("(") < 15 else plan
    assert evaluated(first, sets, set(range(10))) == evaluated(plan, sets, set(range(10)))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        plan = parse(text)
    except WrongExpression:
        return
    assert all(name_problem(word) is None or word[-1] == "-" for word in names_of(plan))


def test_names_are_replaced_in_their_places() -> None:
    plan = replaced(parse("a - b"), lambda word: ["topic", word.upper()])
    assert plan == ["-", ["topic", "A"], ["topic", "B"]]
