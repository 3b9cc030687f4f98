"""How a text or binary content is cut into the parts that a phone puts together again.

A part holds 140 octets: 160 septets, or 70 units of UTF-16 (3GPP TS 23.038 and 23.040). With
more than one part each begins with a header of six octets. Nothing is cut between an escape
and its follower, nor inside a surrogate pair.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imiconnect.numbers.carriers.messaging import Coding, Segment
from imiconnect.rtm.telecom import gsm

#: Units of one part alone, and of each of several. Units are septets, UTF-16 units or octets.
SINGLE = {Coding.GSM7: 160, Coding.UCS2: 70, Coding.BINARY: 140}
EACH = {Coding.GSM7: 153, Coding.UCS2: 67, Coding.BINARY: 134}
#: Octets of one unit as ``Segment.body`` holds it.
_OCTETS = {Coding.GSM7: 1, Coding.UCS2: 2, Coding.BINARY: 1}
#: Carriers advise against more; Twilio takes at most 1,600 characters.
MOST_PARTS = 10


@dataclass(frozen=True)
class Split:
    """Content cut into parts; ``left`` is how many units the last part has room for."""

    coding: Coding
    units: int
    bodies: tuple[bytes, ...]
    left: int

    @property
    def parts(self) -> int:
        """The number of parts."""
        return len(self.bodies)

    def segments(self, reference: int) -> tuple[Segment, ...]:
        """Return the parts with headers; ``reference`` is one number for the whole text."""
        if self.parts == 1:
            return (Segment(self.bodies[0]),)
        head = (5, 0, 3, reference & 0xFF, self.parts)
        return tuple(
            Segment(body, bytes([*head, number]))
            for number, body in enumerate(self.bodies, start=1)
        )


def split_text(text: str, *, unicode: bool = False) -> Split:
    """Cut a text; one character outside of the GSM alphabet makes all of it UCS-2."""
    if unicode or gsm.outside(text):
        return _split(Coding.UCS2, [letter.encode("utf-16-be") for letter in text])
    return _split(Coding.GSM7, gsm.septets(text))


def split_binary(content: bytes) -> Split:
    """Cut binary content."""
    return _split(Coding.BINARY, [bytes([octet]) for octet in content])


def _split(coding: Coding, letters: Sequence[bytes]) -> Split:
    size = _OCTETS[coding]
    units = sum(map(len, letters)) // size
    room = SINGLE[coding] if units <= SINGLE[coding] else EACH[coding]
    bodies = tuple(_cut(letters, room * size)) or (b"",)
    return Split(coding, units, bodies, room - len(bodies[-1]) // size)


def _cut(letters: Iterable[bytes], room: int) -> Iterable[bytes]:
    body = b""
    for letter in letters:
        if len(body) + len(letter) > room:
            yield body
            body = b""
        body += letter
    if body:
        yield body
