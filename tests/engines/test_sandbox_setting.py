"""The sandbox cannot be switched on by accident where real customers may be."""

from typing import Any

import pytest
from pydantic import ValidationError

from imiconnect.environment import Environment

KNOWN: dict[str, Any] = {
    "SECRET_KEY": "x" * 32,
    "FIELD_KEYS": "k1:x",
    "DATABASE_URL": "postgres://x/x",
    "REDIS_URL": "redis://x",
    "RTM_BROKER_URL": "mqtt://x",
    "SANDBOX": True,
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take what this run has set out of the environment."""
    for name in ("HTTPS", "PUBLIC_URL", "HOST", "SANDBOX", "SANDBOX_IN_PUBLIC"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_off_unless_asked_for() -> None:
    assert not Environment(**(KNOWN | {"SANDBOX": "0"})).SANDBOX


@pytest.mark.parametrize(
    "values", [{}, {"PUBLIC_URL": "http://localhost:8000"}, {"HOST": "127.0.0.2"}]
)
def test_it_may_be_on_where_only_this_machine_reaches_it(values: dict[str, Any]) -> None:
    assert Environment(**(KNOWN | values)).SANDBOX


REFUSED: list[dict[str, Any]] = [
    {"HTTPS": True},
    {"HTTPS": True, "PUBLIC_URL": "https://localhost"},
    {"PUBLIC_URL": "http://connect.example"},
    {"HOST": "0.0.0.0"},  # noqa: S104 - nothing is bound
    {"HOST": "10.0.0.5"},
]


@pytest.mark.parametrize("values", REFUSED)
def test_it_is_refused_where_others_can_reach_it(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="replaces every provider by a double"):
        Environment(**(KNOWN | values))


@pytest.mark.parametrize("values", REFUSED)
def test_saying_so_twice_allows_it(values: dict[str, Any]) -> None:
    assert Environment(**(KNOWN | values | {"SANDBOX_IN_PUBLIC": True})).SANDBOX
