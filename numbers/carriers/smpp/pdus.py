"""From a part to the fields of ``submit_sm``, and from ``deliver_sm`` to what it says.

Without I/O. The protocol is SMPP 3.4, issue 1.2; alphabets and headers are of 3GPP TS 23.038
and 23.040; the text of receipts is the convention of its appendix B, which centres bend.
"""

import codecs
import hashlib
import re
from dataclasses import dataclass
from typing import Any

import gsm0338

from imiconnect.numbers.carriers.messaging import Coding, OutgoingSms, SenderKind
from imiconnect.numbers.carriers.smpp.options import Options
from imiconnect.numbers.models import SmppPart

State = SmppPart.State

_UDHI, _RECEIPT, _INTERMEDIATE = 0x40, 0x04, 0x20
_KINDS = 0x3C
_INTERNATIONAL, _ISDN, _ALPHANUMERIC = 1, 1, 5
#: Message class 0 shows a text at once: data coding groups of TS 23.038, section 4.
_FLASH = {Coding.GSM7: 0x10, Coding.BINARY: 0x14, Coding.UCS2: 0x18}
_GSM: codecs.Codec = gsm0338.Codec()
#: ``message_state`` and ``stat``; those that are missing are not final.
_STATES = {
    2: State.DELIVERED,
    3: State.EXPIRED,
    4: State.FAILED,
    5: State.FAILED,
    8: State.FAILED,
}
_WORDS = {
    "DELIVRD": State.DELIVERED,
    "EXPIRED": State.EXPIRED,
    "DELETED": State.FAILED,
    "UNDELIV": State.FAILED,
    "REJECTD": State.FAILED,
}
_FIELD = re.compile(rb"\b(id|stat|err):\s*([0-9A-Za-z\-_.]+)", re.IGNORECASE)


def contents(sms: OutgoingSms) -> list[dict[str, Any]]:
    """Return what is kept of each part of a text."""
    common = {
        "sender": sms.sender,
        "kind": sms.sender_kind.value,
        "to": sms.to,
        "coding": int(sms.coding),
        "flash": sms.is_flash,
    }
    return [
        {**common, "header": segment.header.hex(), "body": segment.body.hex()}
        for segment in sms.segments
    ]


def submit(content: dict[str, Any], seconds: int, options: Options) -> dict[str, Any]:
    """Return the fields of ``submit_sm`` for a part that is worth sending for ``seconds``."""
    header, body = bytes.fromhex(content["header"]), bytes.fromhex(content["body"])
    parts: dict[str, int] = {}
    if header and options.concatenation == "sar":
        reference, number, total = _concatenation(header[1:])
        parts = {
            "sar_msg_ref_num": reference,
            "sar_total_segments": total,
            "sar_segment_seqnum": number,
        }
        header = b""
    coding = Coding(content["coding"])
    if coding is Coding.GSM7 and options.default_alphabet == "latin1":
        body = decoded(body, coding, "gsm").encode("latin-1", errors="replace")
    ton, npi = _sender_type(SenderKind(content["kind"]), options)
    return {
        "source_addr_ton": ton,
        "source_addr_npi": npi,
        "source_addr": content["sender"],
        "dest_addr_ton": _INTERNATIONAL,
        "dest_addr_npi": _ISDN,
        "destination_addr": content["to"],
        "esm_class": _UDHI if header else 0,
        "validity_period": _validity(seconds) if options.sends_validity else None,
        "registered_delivery": 1,
        "data_coding": _FLASH[coding] if content["flash"] else int(coding),
        "short_message": header + body,
        **parts,
    }


def _sender_type(kind: SenderKind, options: Options) -> tuple[int, int]:
    if kind is SenderKind.ALPHANUMERIC:
        return _ALPHANUMERIC, 0
    if kind is SenderKind.SHORT_CODE:
        return options.short_code_ton, options.short_code_npi
    return _INTERNATIONAL, _ISDN


def _validity(seconds: int) -> str:
    """Return a relative time, ``YYMMDDhhmmss000R``."""
    minutes, second = divmod(max(seconds, 1), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"0000{min(days, 30):02}{hour:02}{minute:02}{second:02}000R"


def decoded(body: bytes, coding: int, default_alphabet: str) -> str:
    """Return the text of a body; what does not fit its alphabet is replaced."""
    if coding & 0x0C == Coding.UCS2:
        return body.decode("utf-16-be", errors="replace")
    if coding & 0x0F == 3 or default_alphabet == "latin1":
        return body.decode("latin-1")
    return _GSM.decode(body, "replace")[0]


@dataclass(frozen=True)
class Report:
    """A receipt: the centre's id of a part, and where that stands; None is not final."""

    provider_id: str
    state: State | None
    error: str = ""


@dataclass(frozen=True)
class Piece:
    """A text that came in, or a part of one; ``total`` is 1 for a whole text.

    ``digest`` is the same for a PDU that the centre hands over again.
    """

    sender: str
    to: str
    text: str
    data: bytes = b""
    reference: int = 0
    number: int = 1
    total: int = 1
    digest: bytes = b""


def delivered(pdu: Any, options: Options) -> Report | Piece | None:
    """Return what a ``deliver_sm`` says; None for what concerns nobody here."""
    kind = (pdu.esm_class or 0) & _KINDS
    if kind & (_RECEIPT | _INTERMEDIATE):
        return _report(pdu, options)
    return _piece(pdu, options) if kind == 0 else None


def _report(pdu: Any, options: Options) -> Report | None:
    found = {
        name.decode().lower(): value.decode()
        for name, value in _FIELD.findall(_content(pdu) or b"")
    }
    provider_id = _plain(pdu.receipted_message_id) or found.get("id", "")
    if not provider_id:
        return None
    if pdu.message_state is not None:
        state = _STATES.get(pdu.message_state)
    else:
        state = _WORDS.get(found.get("stat", "").upper()[:7])
    known = canonical(provider_id, options, is_receipt=True)
    return Report(known, state, found.get("err", "")[:10])


def canonical(provider_id: str, options: Options, *, is_receipt: bool) -> str:
    """Return an id as it is compared: in decimal where the centre mixes hex and decimal."""
    place = "hex_in_receipt" if is_receipt else "hex_in_answer"
    if options.receipt_ids == "same":
        return provider_id.strip()
    base = 16 if options.receipt_ids == place else 10
    try:
        return str(int(provider_id, base))
    except ValueError:
        return provider_id.strip()


def _content(pdu: Any) -> bytes:
    body: bytes = pdu.short_message or pdu.message_payload or b""
    return body


def _piece(pdu: Any, options: Options) -> Piece:
    body, reference, number, total = _content(pdu), 0, 1, 1
    if (pdu.esm_class or 0) & _UDHI and body:
        length = body[0] + 1
        reference, number, total = _concatenation(body[1:length])
        body = body[length:]
    elif pdu.sar_total_segments:
        reference = pdu.sar_msg_ref_num or 0
        number, total = pdu.sar_segment_seqnum or 1, pdu.sar_total_segments
    coding = pdu.data_coding or 0
    is_binary = coding & 0x0C == Coding.BINARY
    text = "" if is_binary else decoded(body, coding, options.default_alphabet)
    sender, to = (
        _plain(value).removeprefix("+") for value in (pdu.source_addr, pdu.destination_addr)
    )
    data = body if is_binary else b""
    return Piece(sender, to, text, data, reference, number, total, _digest(pdu))


def _digest(pdu: Any) -> bytes:
    """Return a digest of what a ``deliver_sm`` says, its sequence number left out."""
    said = [pdu.source_addr, pdu.destination_addr, pdu.esm_class, pdu.data_coding]
    said += [pdu.sar_msg_ref_num, pdu.sar_segment_seqnum, pdu.user_message_reference]
    words = "\x1f".join(_plain(value) for value in said).encode()
    return hashlib.sha256(words + b"\x1f" + _content(pdu)).digest()


def _concatenation(header: bytes) -> tuple[int, int, int]:
    """Return reference, number and total of a user data header; a whole text without them."""
    place = 0
    while place + 2 <= len(header):
        element, length = header[place], header[place + 1]
        value = header[place + 2 : place + 2 + length]
        if element == 0 and len(value) == 3:
            return value[0], value[2], max(value[1], 1)
        if element == 8 and len(value) == 4:
            return int.from_bytes(value[:2], "big"), value[3], max(value[2], 1)
        place += 2 + length
    return 0, 1, 1


def _plain(value: Any) -> str:
    """Return a C-octet string of the library as text."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return text.rstrip("\x00").strip()
