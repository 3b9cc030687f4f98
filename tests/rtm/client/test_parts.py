"""Parts of the Python client that need no server."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.rtm.client import FileStore, MemoryStore
from imiconnect.rtm.client.backoff import LONGEST_SECONDS, delay_after
from imiconnect.rtm.client.messages import MessageStatus, message_from, parse_message
from imiconnect.rtm.client.seen import REMEMBERED, Seen


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_the_pause_grows_has_a_ceiling_and_is_partly_chance(
    failures: int, chance: float
) -> None:
    pause = delay_after(failures, lambda: chance)
    ceiling = min(LONGEST_SECONDS, 2.0 ** min(failures - 1, 10))
    assert ceiling / 2 <= pause <= ceiling


@given(st.lists(st.uuids().map(str), max_size=60), st.randoms(use_true_random=False))
def test_however_often_messages_come_each_is_new_once(tids: list[str], chance: object) -> None:
    seen = Seen(MemoryStore(), "d1")
    come = tids * 3
    chance.shuffle(come)  # type: ignore[attr-defined]
    new = [tid for tid in come if seen.add(tid=tid)]
    assert sorted(new) == sorted(set(tids))


def test_a_message_that_comes_again_by_the_devices_name_is_no_other() -> None:
    seen = Seen(MemoryStore(), "d1")
    assert [seen.add(tid="t", device_id=name) for name in ("", "d1")] == [True, False]
    read = [seen.add(tid="t", kind="messageRead", device_id=name) for name in ("d2", "d3")]
    assert read == [True, True]


def test_seen_messages_are_remembered_over_a_restart_and_are_bounded(tmp_path: Path) -> None:
    seen = Seen(FileStore(tmp_path), "d/1")
    for number in range(REMEMBERED + 1):
        assert seen.add(tid=str(number))
    again = Seen(FileStore(tmp_path), "d/1")
    assert not again.add(tid=str(REMEMBERED))
    assert again.add(tid="0")


def test_a_store_on_disk_is_for_its_owner_and_survives_a_damaged_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "kept")
    store.write("session", {"token": "t"})
    (path,) = (tmp_path / "kept").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("{")
    assert store.read("session", None) is None
    store.remove("session")
    store.remove("session")
    assert store.read("session", 7) == 7


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"a": 1}', b'"text"', b"\xff"])
def test_what_is_no_message_is_none(payload: bytes) -> None:
    assert parse_message(payload) is None


@pytest.mark.parametrize("when", ["1700000000000", 1700000000000, "2023-11-14T22:13:20+00:00"])
def test_times_are_read_in_both_forms(when: object) -> None:

    message = parse_message(json.dumps({"tid": "t", "created_on": when}).encode())
    assert message is not None
    assert message.at.timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ({}, MessageStatus.NONE),
        ({"tid": "t"}, MessageStatus.SENT),
        ({"tid": "t", "status": "submited"}, MessageStatus.SENT),
        ({"tid": "t", "status": "read", "read_at": "2023-11-14T22:13:20Z"}, MessageStatus.READ),
        ({"tid": "t", "status": "expired"}, MessageStatus.FAILED),
        ({"tid": "t", "payload_type": "messageRead"}, MessageStatus.NONE),
    ],
)
def test_a_message_tells_where_it_stands(raw: dict[str, str], status: MessageStatus) -> None:
    message = message_from(raw)
    assert message.status is status
    assert (message.read_at is not None) is ("read_at" in raw)
