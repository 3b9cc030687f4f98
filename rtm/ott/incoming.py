"""The notification of a message from a customer through a provider, as documented.

Facts/imiconnect.md, section 15: ``userId``, ``channel``, the provider's id of the customer,
``appId``, ``event``, ``ts``, ``timeStamp``, ``tid``, ``message``, ``attachments``, and of
Facebook ``locale``, ``gender`` and ``timezone``, which are empty where it does not tell them.
"""

import json
from typing import Any

from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.rtm.ott.waiting import profile_fields
from imiconnect.rtm.protocol.clock import iso
from imiconnect.rtm.protocol.envelopes import Incoming


def notification(kind: ChannelType, id_type: str, message: Incoming) -> str:
    """Return the JSON; ``attachments`` is a text that holds a list, or an empty one."""
    payload = message.payload
    at = iso(message.at)
    body: dict[str, Any] = {
        "userId": message.user_id,
        "channel": str(kind.name),
        id_type: message.address,
        "appId": message.app_id,
        "event": payload.get("event", "MO"),
        "message": payload.get("message", ""),
        "attachments": _attachments(payload.get("media", [])),
        "ts": at,
        "timeStamp": at,
        "tid": str(message.tid),
    }
    body |= profile_fields(kind, message.profile)
    for name in ("interactiveData", "extras"):
        if payload.get(name):
            body[name] = payload[name]
    return json.dumps(body)


def _attachments(media: list[dict[str, Any]]) -> str:
    return json.dumps(media) if media else ""
