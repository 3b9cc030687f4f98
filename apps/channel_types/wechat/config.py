"""What a WeChat app keeps: its account, how messages are encrypted, and the on-boarding."""

import re
import secrets as random
import string
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.base import Onboarding
from imiconnect.console.words import Words

#: WeChat's own ids of official accounts.
_APP_ID = re.compile(r"wx[0-9a-f]{16}", re.IGNORECASE)
_APP_SECRET = re.compile(r"[0-9A-Za-z]{32}")
#: A callback token: 3 to 32 letters and digits (facts/wechat.md, section 1).
_TOKEN = re.compile(r"[0-9A-Za-z]{3,32}")
#: A key of 32 bytes in base64 without its last character (section 3).
_AES_KEY = re.compile(r"[0-9A-Za-z]{43}")
LONGEST_KEYWORD = 50
START, STOP = "#start", "#stop"


class Mode(StrEnum):
    """How WeChat sends what customers write: the three choices of its server settings."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


MODE_LABELS: dict[str, Words] = {
    Mode.SAFE: _("Safe mode: encrypted (recommended)"),
    Mode.COMPATIBLE: _("Compatible mode: encrypted and plain"),
    Mode.PLAIN: _("Plain mode"),
}
#: By what a customer says who they are: an attribute of the master profile.
IDENTIFIERS: dict[str, Words] = {
    "msisdn": _("Mobile number"),
    "customerid": _("Customer ID"),
    "email": _("E-mail address"),
}


class Config(msgspec.Struct, kw_only=True):
    """The configuration; the keywords put customers on board and off again."""

    appid: str
    mode: str = Mode.SAFE
    start_keyword: str = START
    start_identifier: str = "msisdn"
    stop_keyword: str = STOP
    stop_identifier: str = "msisdn"
    #: The Sender ID of the one-time password; without one nobody is put on board.
    sender_id: str = ""


class Secrets(msgspec.Struct, kw_only=True):
    """The credentials: WeChat's secret of the account, and the two that WeChat is given."""

    appsecret: str
    token: str
    aes_key: str


SECRET_LABELS = {
    "appsecret": _("App Secret"),
    "token": _("CALLBACK TOKEN"),
    "aes_key": _("EncodingAESKey"),
}
ACCOUNT_LABELS = {"appid": _("App ID at WeChat"), "mode": _("Message encryption")}
ONBOARDING_LABELS = {
    "start_keyword": _("Keyword to on-board a customer"),
    "start_identifier": _("Unique identifier when on-boarding"),
    "stop_keyword": _("Keyword to off-board a customer"),
    "stop_identifier": _("Unique identifier when off-boarding"),
    "sender_id": _("Sender ID"),
}
CONFIG_LABELS = ACCOUNT_LABELS | ONBOARDING_LABELS
#: How values of the configuration are told.
WORDS: dict[str, Mapping[str, Words]] = {
    "mode": MODE_LABELS,
    "start_identifier": IDENTIFIERS,
    "stop_identifier": IDENTIFIERS,
}


def new_token() -> str:
    """Return a callback token."""
    return _drawn(32)


def new_aes_key() -> str:
    """Return an EncodingAESKey whose 43 characters are 32 whole bytes."""
    # The last of 43 base64 characters carries four bits: these have no others.
    return _drawn(42) + random.choice("AEIMQUYcgkosw048")


def _drawn(length: int) -> str:
    letters = string.ascii_letters + string.digits
    return "".join(random.choice(letters) for _i in range(length))


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration normalized, or raise a sentence for each field."""
    try:
        found = msgspec.convert(dict(config), Config)
    except msgspec.ValidationError as error:
        raise ValidationError({"config": [str(error)]}) from None
    problems: dict[str, Any] = {}
    found.appid = found.appid.strip()
    if not _APP_ID.fullmatch(found.appid):
        problems["appid"] = [_("App ID must be “wx” and 16 letters or digits.")]
    if found.mode not in set(Mode):
        problems["mode"] = [_("Select the message encryption.")]
    for name in ("start", "stop"):
        keyword = getattr(found, f"{name}_keyword").strip()
        setattr(found, f"{name}_keyword", keyword)
        if not keyword or len(keyword) > LONGEST_KEYWORD or len(keyword.split()) != 1:
            sentence = _("Keyword must be one word of at most 50 characters.")
            problems[f"{name}_keyword"] = [sentence]
        if getattr(found, f"{name}_identifier") not in IDENTIFIERS:
            problems[f"{name}_identifier"] = [_("Select the unique identifier.")]
    if found.start_keyword.casefold() == found.stop_keyword.casefold():
        problems["stop_keyword"] = [_("The two keywords must differ.")]
    if problems:
        raise ValidationError(problems)
    normal: dict[str, Any] = msgspec.to_builtins(found)
    return normal | {"mode": str(found.mode)}


def checked_secrets(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials, those that are ours drawn where they are missing."""
    values = {
        "appsecret": str(secrets.get("appsecret", "")).strip(),
        "token": str(secrets.get("token", "") or new_token()),
        "aes_key": str(secrets.get("aes_key", "") or new_aes_key()),
    }
    problems: dict[str, Any] = {}
    if not _APP_SECRET.fullmatch(values["appsecret"]):
        problems["appsecret"] = [_("App Secret must be 32 letters or digits.")]
    if not _TOKEN.fullmatch(values["token"]):
        problems["token"] = [_("CALLBACK TOKEN must be 3 to 32 letters or digits.")]
    if not _AES_KEY.fullmatch(values["aes_key"]):
        problems["aes_key"] = [_("EncodingAESKey must be 43 letters or digits.")]
    if problems:
        raise ValidationError(problems)
    return values


def onboarding_of(config: Mapping[str, Any]) -> Onboarding:
    """Return by which words a configuration puts customers on board, and off again."""
    found = msgspec.convert(dict(config), Config)
    return Onboarding(
        start_keyword=found.start_keyword,
        start_identifier=found.start_identifier,
        stop_keyword=found.stop_keyword,
        stop_identifier=found.stop_identifier,
        sender_id=found.sender_id,
    )


def account_of(config: Mapping[str, Any]) -> str:
    """Return the account that a configuration names."""
    return str(config.get("appid", ""))
