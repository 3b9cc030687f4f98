"""Recorded values are drawn as lines to read, never as Python text."""

from typing import Any

import pytest

from imiconnect.console.told import lines_of, name_of


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (None, []),
        ("", []),
        ([], []),
        (0, ["0"]),
        (False, ["No"]),
        ("paid", ["paid"]),
        (["a", "b"], ["a", "b"]),
        ({"is_open": True, "days": ["mon", "tue"]}, ["Is open: Yes", "Days: mon; tue"]),
        ([{"a": 1, "b": None}], ["A: 1; B: None"]),
        ({"config": {"url": "https://a.test"}}, ["Config: Url: https://a.test"]),
        ("2026-11-26T09:00:00+02:00", ["26 Nov 2026, 07:00 UTC"]),
        ("2026-02-31T09:00:00+00:00", ["2026-02-31T09:00:00+00:00"]),
        ("2026-11-26T09:00:00", ["2026-11-26T09:00:00"]),
    ],
)
def test_a_recorded_value_reads_as_lines(value: Any, lines: list[str]) -> None:
    assert lines_of(value) == lines


@pytest.mark.parametrize(
    ("share", "line"),
    [
        ({"with": "organization:1", "name": "Bank"}, "All groups and teams of Bank"),
        (
            {"with": "group:1", "name": "Retail", "include_teams": True},
            "Retail and all its teams",
        ),
        (
            {"with": "group:1", "name": "Retail", "include_teams": False},
            "Retail, not its teams",
        ),
        ({"with": "team:1", "name": "Retail › Cards"}, "Retail › Cards"),
        (
            {"with": "team:1", "name": "Cards", "until": "2030-01-02T03:04:00+00:00"},
            "Cards, until 2 Jan 2030, 03:04 UTC",
        ),
    ],
)
def test_a_recorded_share_reads_as_a_sentence(share: dict[str, Any], line: str) -> None:
    assert lines_of([share], "shares") == [line]


def test_a_field_is_named_in_words() -> None:
    assert name_of("include_teams") == "Include teams"
    assert name_of("app.shares_updated") == "App: shares updated"
    assert name_of("sender_id.requested") == "Sender ID: requested"
