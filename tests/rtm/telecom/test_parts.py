"""Texts are cut as phones put them together: sizes, escapes and surrogate pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imiconnect.numbers.carriers.messaging import Coding
from imiconnect.rtm.telecom import gsm
from imiconnect.rtm.telecom.parts import EACH, SINGLE, split_binary, split_text

GSM = [letter for letter in map(chr, range(0x2100)) if not gsm.outside(letter)]


@pytest.mark.parametrize(
    ("text", "coding", "units", "parts"),
    [
        ("a" * 160, Coding.GSM7, 160, 1),
        ("a" * 161, Coding.GSM7, 161, 2),
        ("a" * 306, Coding.GSM7, 306, 2),
        ("a" * 307, Coding.GSM7, 307, 3),
        ("Ж" * 70, Coding.UCS2, 70, 1),
        ("Ж" * 71, Coding.UCS2, 71, 2),
        ("a" * 159 + "€", Coding.GSM7, 161, 2),
        ("😀" * 35, Coding.UCS2, 70, 1),
        ("😀" * 36, Coding.UCS2, 72, 2),
        ("it’s", Coding.UCS2, 4, 1),
        ("", Coding.GSM7, 0, 1),
    ],
)
def test_the_documented_sizes(text: str, coding: Coding, units: int, parts: int) -> None:
    split = split_text(text)
    assert (split.coding, split.units, split.parts) == (coding, units, parts)


def test_the_alphabet_has_128_septets_and_ten_extended_characters() -> None:
    assert len(GSM) == 127 + 10
    assert len({gsm.septets(letter)[0] for letter in GSM}) == len(GSM)
    assert gsm.septets("@a€{") == [b"\x00", b"a", b"\x1b\x65", b"\x1b\x28"]


def test_an_escape_at_the_153rd_septet_moves_to_the_next_part() -> None:
    split = split_text("a" * 152 + "€" + "a" * 20)
    assert split.bodies[0] == b"a" * 152
    assert split.bodies[1].startswith(b"\x1b\x65")


def test_a_surrogate_pair_is_never_cut() -> None:
    first, second = split_text("Ж" * 66 + "😀" + "Ж" * 10).bodies
    assert len(first) == 66 * 2
    assert second.decode("utf-16-be").startswith("😀")


def test_the_unicode_type_takes_ucs2_for_any_text() -> None:
    assert split_text("abc", unicode=True).coding is Coding.UCS2


def test_each_part_names_reference_total_and_number() -> None:
    headers = [segment.header for segment in split_text("a" * 161).segments(0x1FF)]
    assert headers == [bytes([5, 0, 3, 0xFF, 2, 1]), bytes([5, 0, 3, 0xFF, 2, 2])]
    assert split_text("a").segments(7)[0].header == b""


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=700))
def test_the_parts_make_up_the_text_and_fit(text: str) -> None:
    split = split_text(text)
    whole = b"".join(split.bodies)
    size = 2 if split.coding is Coding.UCS2 else 1
    most = SINGLE[split.coding] if split.parts == 1 else EACH[split.coding]
    assert all(len(body) <= most * size for body in split.bodies)
    assert len(split.bodies[-1]) // size + split.left == most
    if split.coding is Coding.UCS2:
        assert whole.decode("utf-16-be") == text
        assert all(body.decode("utf-16-be") for body in split.bodies)
    else:
        assert whole == b"".join(gsm.septets(text))
        assert not any(body.endswith(b"\x1b") for body in split.bodies)


@given(st.binary(min_size=1, max_size=600))
def test_binary_content_is_cut_at_134_octets(content: bytes) -> None:
    split = split_binary(content)
    assert b"".join(split.bodies) == content
    assert split.parts == 1 or all(len(body) == 134 for body in split.bodies[:-1])
