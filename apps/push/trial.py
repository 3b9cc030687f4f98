"""A test notification to the browser of the person who configures web push.

It goes out at once, by the same client as all others, and nothing of it is kept.
"""

import asyncio
from typing import Any

import msgspec

from imiconnect.apps.models import App
from imiconnect.apps.push.clients.outcomes import PushError
from imiconnect.apps.push.clients.web import WebPushClient, read_subscription
from imiconnect.apps.push.credentials import WebPush
from imiconnect.apps.push.provider import web_push_double
from imiconnect.outbound import Outbound

_TTL = 60
_TIMEOUT = 8.0


def send_trial(*, app: App, credentials: WebPush, subscription: Any, title: str) -> None:
    """Push to a subscription; raises ``ValueError`` for one that is none, or ``PushError``.

    It waits for the network: call it outside of any transaction.
    """
    found = read_subscription(subscription)
    shown = {"title": title, "icon": credentials.icon_url}
    notification = {name: value for name, value in shown.items() if value}
    text = msgspec.json.encode({"web_push": 8030, "notification": notification})

    async def send() -> None:
        async with Outbound(connections=1, double=web_push_double()) as outbound:
            client = WebPushClient(credentials=credentials, outbound=outbound, timeout=_TIMEOUT)
            await client.send(found, text, ttl=_TTL, urgency="high")

    asyncio.run(send())


__all__ = ["PushError", "send_trial"]
