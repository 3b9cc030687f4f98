"""Texts that come in over SMPP from a foreign centre (npm smpp): in parts, and repeated."""

from collections.abc import Sequence
from typing import Any

import pytest

from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.models import SmppArrival, SmppFragment
from tests.numbers.centre import MessageCentre, bound
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_text_that_came_in_is_heard_before_it_is_acknowledged(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    part = {"source_addr": "447700900001", "destination_addr": "80888"}
    centre.order(deliver=[{**part, "short_message": "Grüße @ €", "data_coding": 0}])
    wait_until(lambda: heard)
    centre.order(deliver=[{**part, "short_message": "Привет", "data_coding": 8}])
    wait_until(lambda: len(heard) == 2)
    texts = [event.text for event in heard if isinstance(event, m.IncomingSms)]
    assert texts == ["Grüße @ €", "Привет"]
    assert isinstance(heard[0], m.IncomingSms)
    assert (heard[0].sender, heard[0].to) == ("447700900001", "80888")
    wait_until(lambda: len(centre.seen("taken")) == 2)


def test_a_long_text_that_came_in_is_put_together(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    part = {"source_addr": "447700900001", "destination_addr": "80888", "data_coding": 0}
    second = {**part, "esm_class": 0x40, "udh": "050003090202", "short_message": "world"}
    first = {**part, "esm_class": 0x40, "udh": "050003090201", "short_message": "hello "}
    centre.order(deliver=[second])
    wait_until(lambda: SmppFragment.objects.exists())
    centre.order(deliver=[second, first])
    wait_until(lambda: heard)
    sar = {"sar_msg_ref_num": 5, "sar_total_segments": 2}
    centre.order(
        deliver=[
            {**part, **sar, "sar_segment_seqnum": 1, "short_message": "by "},
            {**part, **sar, "sar_segment_seqnum": 2, "short_message": "TLV"},
        ]
    )
    wait_until(lambda: len(heard) == 2)
    texts = [event.text for event in heard if isinstance(event, m.IncomingSms)]
    assert texts == ["hello world", "by TLV"]
    assert not SmppFragment.objects.exists()


def texts_of(events: Sequence[m.Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, m.IncomingSms)]


def test_a_text_that_the_centre_repeats_after_a_lost_answer_is_heard_once(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port)
    wait_until(bound)
    yes = {"source_addr": "447700900001", "destination_addr": "80888", "short_message": "YES"}
    centre.order(deliver=[yes, yes])
    wait_until(lambda: len(heard) == 2)
    centre.order(drop=True)
    wait_until(lambda: len(centre.seen("bind")) == 2)
    centre.order(deliver=[yes, yes, {**yes, "short_message": "NO"}])
    wait_until(lambda: len(heard) >= 3)
    assert texts_of(heard) == ["YES", "YES", "NO"]
    centre.order(deliver=[yes])
    wait_until(lambda: len(heard) == 4)


def test_every_text_is_forgotten_once_the_centre_has_its_answer(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port, options={"enquire_seconds": 0.2})
    wait_until(bound)
    for number in range(20):
        text = {"source_addr": "447700900001", "destination_addr": "80888"}
        centre.order(deliver=[{**text, "short_message": f"N{number}"}])
        wait_until(lambda count=number: len(heard) > count)
    wait_until(lambda: not SmppArrival.objects.exists())


def test_the_same_text_counts_again_once_the_centre_is_known_to_have_our_answer(
    centre: MessageCentre, connect: Any, heard: list[m.Event]
) -> None:
    connect(centre.port, options={"enquire_seconds": 0.2})
    wait_until(bound)
    yes = {"source_addr": "447700900001", "destination_addr": "80888", "short_message": "YES"}
    centre.order(deliver=[yes])
    wait_until(lambda: SmppArrival.objects.exists())
    wait_until(lambda: not SmppArrival.objects.exists())
    centre.order(drop=True)
    wait_until(lambda: len(centre.seen("bind")) == 2)
    centre.order(deliver=[yes])
    wait_until(lambda: len(heard) == 2)
