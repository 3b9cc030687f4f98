"""The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1), one octet for each septet."""

ESCAPE = 0x1B
#: By position; the escape at 27 has no character of its own.
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Characters that cost two septets: the escape and this one.
_EXTENDED = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_SEPTETS: dict[str, bytes] = {
    **{letter: bytes([place]) for place, letter in enumerate(_BASIC) if place != ESCAPE},
    **{letter: bytes([ESCAPE, code]) for letter, code in _EXTENDED.items()},
}


def outside(text: str) -> list[str]:
    """Return the characters that the alphabet does not have, each once, in their order."""
    return list(dict.fromkeys(letter for letter in text if letter not in _SEPTETS))


def septets(text: str) -> list[bytes]:
    """Return each character as one septet, or as the escape and its follower.

    Raises ``KeyError`` for a character that the alphabet does not have.
    """
    return [_SEPTETS[letter] for letter in text]
