"""What an account at a message centre is set to: address, sign-in, and its peculiarities."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.carriers.base import Account

_PORTS = {"smpp": 2775, "smpps": 3550}
#: Sizes of fields in a bind without their NUL (SMPP 3.4, 4.1.1).
_SYSTEM_ID, _PASSWORD = 15, 8


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of an account; each has the value that most centres want.

    ``window`` is how many texts may be unanswered. ``default_alphabet`` is what the centre
    takes data_coding 0 for. ``receipt_ids`` tells of centres that write an id in hex in one
    place and in decimal in the other. ``errors`` maps the centre's ``err`` to documented
    codes. ``concatenation`` is how a text of several parts is told: in a user data header, or
    in the optional parameters ``sar_...``; what comes in may have either. ``ca_file`` checks
    the centre's certificate in place of the public authorities.
    """

    system_type: str = ""
    address_range: str = ""
    window: int = 10
    enquire_seconds: float = 30
    answer_seconds: float = 30
    default_alphabet: str = "gsm"
    short_code_ton: int = 3
    short_code_npi: int = 0
    sends_validity: bool = True
    receipt_ids: str = "same"
    errors: Mapping[str, int] = msgspec.field(default_factory=dict)
    concatenation: str = "udh"
    ca_file: str = ""


@dataclass(frozen=True)
class Centre:
    """Where an account's centre is, how to sign in, and its options."""

    key: str
    host: str
    port: int
    tls: bool
    system_id: str
    password: str
    options: Options


def options_of(account: Account) -> Options:
    """Return the checked options; raises ``ValueError`` with what is wrong with them."""
    options = msgspec.convert(dict(account.options), Options)
    if not 1 <= options.window <= 1000:
        raise ValueError("window must be between 1 and 1000")
    if options.default_alphabet not in ("gsm", "latin1"):
        raise ValueError("default_alphabet must be gsm or latin1")
    if options.receipt_ids not in ("same", "hex_in_answer", "hex_in_receipt"):
        raise ValueError("receipt_ids must be same, hex_in_answer or hex_in_receipt")
    if options.concatenation not in ("udh", "sar"):
        raise ValueError("concatenation must be udh or sar")
    if min(options.enquire_seconds, options.answer_seconds) <= 0:
        raise ValueError("enquire_seconds and answer_seconds must be above 0")
    return options


def centre_of(account: Account) -> Centre:
    """Return an account's centre; raises ``ValueError`` as ``options_of`` does."""
    parts = urlsplit(account.base_url)
    return Centre(
        key=account.key,
        host=parts.hostname or "",
        port=parts.port or _PORTS.get(parts.scheme, 2775),
        tls=parts.scheme == "smpps",
        system_id=account.account,
        password=account.secret,
        options=options_of(account),
    )


def problems_of(account: Account) -> list[Words]:
    """Return sentences about what keeps the account from working."""
    found: list[Words] = []
    parts = urlsplit(account.base_url)
    if parts.scheme not in _PORTS or not parts.hostname:
        found.append(_("Set the base URL to smpp://host:port, or smpps:// for TLS."))
    if not 1 <= len(account.account) <= _SYSTEM_ID:
        found.append(_("Set the account to the system id, of at most 15 characters."))
    if len(account.secret) > _PASSWORD:
        found.append(_("An SMPP password has at most 8 characters."))
    try:
        options_of(account)
    except ValueError as error:
        found.append(_("The options are wrong: %s.") % error)
    return found
