"""Presence: events that come late, twice or in the wrong order cannot lie."""

import time
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imiconnect.apps.models import App
from imiconnect.rtm.connect.presence import Event, beat, forget_dead, newest, record_all
from imiconnect.rtm.models import ConnectionHolder, Device
from tests.rtm.connect.conftest import MakeDevice

DEVICE = uuid.uuid4()


@st.composite
def histories(draw: Any) -> tuple[list[tuple[int, bool]], bool]:
    """Events of some sessions in any order, some twice, and whether the newest one lasts."""
    sessions = draw(st.integers(1, 4))
    lasts = draw(st.booleans())
    events = [(epoch, True) for epoch in range(1, sessions + 1)]
    events += [(epoch, False) for epoch in range(1, sessions + (0 if lasts else 1))]
    again = draw(st.lists(st.sampled_from(events), max_size=3))
    return draw(st.permutations(events + again)), lasts


@given(histories())
def test_the_newest_session_decides_in_any_order(history: tuple[Any, bool]) -> None:
    events, lasts = history
    known = newest(Event(DEVICE, epoch, connected) for epoch, connected in events)
    assert known[DEVICE].connected is lasts


@given(history=histories(), batch=st.integers(1, 4))
@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_database_agrees_however_the_events_are_batched(
    app: App, make_device: MakeDevice, history: tuple[Any, bool], batch: int
) -> None:
    make_device()
    events, lasts = history
    device = Device.objects.get(app=app)
    Device.objects.update(session_epoch=0, is_connected=False)
    told = [Event(device.pk, epoch, connected, "h") for epoch, connected in events]
    for start in range(0, len(told), batch):
        record_all(told[start : start + batch])
    device.refresh_from_db()
    assert device.is_connected is lasts


@pytest.fixture
def connected(app: App, make_device: MakeDevice) -> Device:
    """A device whose connection a server holds."""
    make_device()
    device: Device = Device.objects.get(app=app)
    beat("ws:one")
    record_all([Event(device.pk, 1, True, "ws:one")])
    return device


def test_what_a_dead_server_held_is_not_connected(connected: Device) -> None:
    assert forget_dead() == 0
    ConnectionHolder.objects.update(seen_at="2020-01-01T00:00Z")
    beat("ws:other")
    connected.refresh_from_db()
    assert connected.is_connected is False
    assert list(ConnectionHolder.objects.values_list("name", flat=True)) == ["ws:other"]


def test_after_a_database_outage_no_living_servers_devices_are_taken_for_gone(
    connected: Device,
) -> None:
    start = time.monotonic()
    beat("ws:other", now=start)
    ConnectionHolder.objects.update(seen_at="2020-01-01T00:00Z")
    beat("ws:other", now=start + 100)
    assert forget_dead(now=start + 115) == 0, "the first server has its whole time again"
    connected.refresh_from_db()
    assert connected.is_connected is True
    ConnectionHolder.objects.filter(name="ws:one").update(seen_at="2020-01-01T00:00Z")
    assert forget_dead(now=start + 130) == 1


def test_a_connection_moved_to_a_living_server_outlives_the_dead_one(connected: Device) -> None:
    record_all([Event(connected.pk, 2, True, "ws:other")])
    ConnectionHolder.objects.update(seen_at="2020-01-01T00:00Z")
    beat("ws:other")
    connected.refresh_from_db()
    assert connected.is_connected is True


def away_since(device: Device) -> Any:
    """Return until when the device has heard of everything."""
    device.refresh_from_db()
    return device.away_since


def test_what_a_device_has_not_heard_begins_where_its_session_ends(connected: Device) -> None:
    assert away_since(connected) is None, "a new one hears of all there is"
    record_all([Event(connected.pk, 1, False, "ws:one")])
    first = away_since(connected)
    assert first is not None
    record_all([Event(connected.pk, 2, True, "ws:one")])
    assert away_since(connected) == first, "it is not told yet"


def test_a_session_too_short_to_be_told_anything_changes_nothing(connected: Device) -> None:
    epoch = time.time_ns() // 1000
    Device.objects.update(session_epoch=epoch)
    record_all([Event(connected.pk, epoch, False, "ws:one")])
    assert away_since(connected) is None


def test_a_session_whose_end_nobody_saw_may_have_ended_at_its_begin(connected: Device) -> None:
    record_all([Event(connected.pk, 1, False, "ws:one", is_found=True)])
    assert away_since(connected) is None
    assert connected.is_connected is False
