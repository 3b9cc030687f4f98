"""From WeChat's pushes to events (facts/wechat.md, section 2)."""

import datetime as dt
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from imiconnect.apps.channel_types.events import (
    Attachment,
    Event,
    Incoming,
    Opens,
    OptIn,
    OptOut,
    Postback,
)

_MEDIA = {"image": "image", "voice": "audio", "video": "video", "shortvideo": "video"}

#: Acts of the menu and codes that were scanned; opening a page allows nothing to be sent.
_ACTS = {
    "CLICK": Opens.BRIEFLY,
    "SCAN": Opens.BRIEFLY,
    "scancode_push": Opens.BRIEFLY,
    "scancode_waitmsg": Opens.BRIEFLY,
    "VIEW": Opens.NOTHING,
}


def fields_of(xml: bytes) -> dict[str, str]:
    """Return the texts of a push by element; raises ``ValueError`` for what is none.

    Entities and document types are refused.
    """
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(str(error)) from None
    return {child.tag: child.text or "" for child in root}


def events_of(push: dict[str, str]) -> list[Event]:
    """Return the event of a push, if it is one that the platform knows."""
    kind = push.get("MsgType", "")
    common = _common(push)
    if kind == "event":
        event = _event(push, common)
    elif kind in ("text", "location", "link", *_MEDIA):
        event = _message(kind, push, common)
    else:
        event = None
    return [event] if event else []


def _common(push: dict[str, str]) -> dict[str, Any]:
    openid, made = push["FromUserName"], push["CreateTime"]
    return {
        "account": "",
        # Events have no id: who and when is what WeChat repeats them by.
        "provider_id": push.get("MsgId") or f"{openid}.{made}.{push.get('Event', '')}",
        "address": openid,
        "at": dt.datetime.fromtimestamp(int(made), dt.UTC),
    }


def _message(kind: str, push: dict[str, str], common: dict[str, Any]) -> Event:
    text = {
        "text": push.get("Content", ""),
        "voice": push.get("Recognition", ""),
        "location": push.get("Label", ""),
        "link": " ".join(filter(None, (push.get("Title", ""), push.get("Url", "")))),
    }.get(kind, "")
    attachments: tuple[Attachment, ...] = ()
    if kind == "location":
        place = (float(push["Location_X"]), float(push["Location_Y"]))
        attachments = (Attachment("location", latitude=place[0], longitude=place[1]),)
    elif kind in _MEDIA:
        named = push.get("MediaId", "")
        at_provider = {"id": named} if named else {}
        attachments = (
            Attachment(_MEDIA[kind], url=push.get("PicUrl", ""), at_provider=at_provider),
        )
    extras = {"mediaId": push["MediaId"]} if push.get("MediaId") else {}
    return Incoming(
        **common,
        text=text,
        attachments=attachments,
        payload=push.get("bizmsgmenuid", ""),
        extras=extras,
    )


def _event(push: dict[str, str], common: dict[str, Any]) -> Event | None:
    name, key = push.get("Event", ""), push.get("EventKey", "")
    if name == "subscribe":
        return OptIn(**common, ref=key.removeprefix("qrscene_"), opens=Opens.BRIEFLY)
    if name == "unsubscribe":
        return OptOut(**common)
    if name in _ACTS:
        return Postback(**common, payload=key, title=name.title(), opens=_ACTS[name])
    return None
