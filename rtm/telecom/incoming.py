"""The notification of an incoming SMS (facts/imiconnect.md, section 15)."""

import datetime as dt
import json

from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import Incoming


def incoming(message: Incoming) -> str:
    """Return an incoming SMS as a service's inbound URL gets it.

    ``oa`` is who sent it and ``da`` the number of ours that got it; ``userId`` is the
    customer id where a master profile has the number. ``keyword`` is an addition.
    """
    at = iso(message.at)
    payload = message.payload
    body = {
        "userId": payload.get("customer", ""),
        "channel": "SMS",
        "event": "MO",
        "oa": message.address,
        "da": payload.get("da", ""),
        "message": payload.get("message", ""),
        "tid": str(message.tid),
        "datetime": f"{message.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}",
        "ts": at,
        "timeStamp": at,
        "x_networkid": "",
    }
    for name in ("keyword", "body"):
        if payload.get(name):
            body[name] = payload[name]
    return json.dumps(body, ensure_ascii=False)
