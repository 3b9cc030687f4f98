"""The content of an SMS: from ``channels.sms`` of a request to the payload of the log.

``type`` 1 is text, 2 flash, 3 binary in hexadecimal digits, 4 unicode (facts/imiconnect.md,
section 13). The payload says how many parts it takes, so that nobody needs to count again.
"""

import binascii
from typing import Any

import msgspec

from imiconnect.numbers.carriers.messaging import Coding
from imiconnect.rtm.intake.answers import Refusal, invalid, missing
from imiconnect.rtm.telecom.parts import MOST_PARTS, Split, split_binary, split_text
from imiconnect.sharing.models import Service

TEXT, FLASH, BINARY, UNICODE = "text", "flash", "binary", "unicode"
TYPES = {1: TEXT, 2: FLASH, 3: BINARY, 4: UNICODE}
CODINGS = {Coding.GSM7: "gsm7", Coding.UCS2: "ucs2", Coding.BINARY: "binary"}
MAX_SENDER = 20


class Content(msgspec.Struct, kw_only=True):
    """What the request may have; numbers may be texts, as in the documented examples."""

    type: int | str = 1
    text: str = ""
    body: str = ""
    media_path: str = msgspec.field(default="", name="media-path")
    senderid: str = ""
    purpose: str = ""


def normalized(value: Any, where: str) -> dict[str, Any]:
    """Return the payload of an SMS; raises ``Refusal``, 7003 when it says nothing."""
    try:
        content = msgspec.convert(value, Content)
    except msgspec.ValidationError as error:
        raise invalid(f"{where} is not as documented: {error}.") from None
    kind = _type(content.type, where)
    if content.media_path:
        raise invalid(f"{where}.media-path is not supported; an SMS carries no file.")
    if len(content.senderid) > MAX_SENDER:
        raise _too_long(f"{where}.senderid", MAX_SENDER)
    payload: dict[str, Any] = {"message": "", "type": kind}
    if kind == BINARY:
        payload["body"] = _hex(content.body, where)
    elif not content.text:
        raise missing(f"{where}.text")
    else:
        payload["message"] = content.text
    split = split_of(payload)
    if split.parts > MOST_PARTS:
        raise invalid(
            f"{where} takes {split.parts} parts; an SMS may have at most {MOST_PARTS}."
        )
    payload |= {"coding": CODINGS[split.coding], "parts": split.parts}
    if content.purpose:
        payload["purpose"] = _purpose(content.purpose, where)
    if content.senderid.strip():
        payload["senderid"] = content.senderid.strip()
    return payload


def split_of(payload: dict[str, Any]) -> Split:
    """Return the parts of a payload."""
    if payload["type"] == BINARY:
        return split_binary(bytes.fromhex(payload["body"]))
    return split_text(payload["message"], unicode=payload["type"] == UNICODE)


def _type(given: int | str, where: str) -> str:
    try:
        return TYPES[int(given)]
    except (ValueError, KeyError):
        raise invalid(f"{where}.type is 1 text, 2 flash, 3 binary or 4 unicode.") from None


def _purpose(given: str, where: str) -> str:
    """Return what the text is for; an addition, where a service sends texts of both kinds."""
    if given not in Service.Purpose.values:
        raise invalid(f"{where}.purpose is transactional or promotional.")
    return given


def _hex(text: str, where: str) -> str:
    if not text:
        raise missing(f"{where}.body")
    try:
        return binascii.unhexlify(text).hex()
    except (binascii.Error, ValueError):
        raise invalid(f"{where}.body is not an even number of hexadecimal digits.") from None


def _too_long(where: str, most: int) -> Refusal:
    return invalid(f"{where} is longer than {most} characters.")
