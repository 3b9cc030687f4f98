"""Who is connected to a NATS broker, as its events and its list of connections say."""

import asyncio
from collections.abc import Iterable
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg

from imiconnect.engines.nats import DEVICES
from imiconnect.rtm.connect.presence import Event, record_all
from imiconnect.rtm.connect.threads import in_thread
from imiconnect.rtm.models import Device
from imiconnect.rtm.protocol.callout import read_session

_CONNECTIONS = f"$SYS.REQ.ACCOUNT.{DEVICES}.CONNZ"
_PAGE = 1024
_WAIT_SECONDS = 2.0


def holder_of(server_id: str) -> str:
    """Return the name of a server of the broker among the holders of connections."""
    return f"nats:{server_id}"


def event_of(name: str, *, server_id: str, connected: bool) -> Event | None:
    """Return the event of a session that a server names; None for the gateway's own."""
    session = read_session(name)
    if session is None:
        return None
    device, epoch = session
    return Event(device, epoch, connected, holder_of(server_id))


async def reconcile(client: Client) -> set[str]:
    """Write who is connected to each server, and return the holders that have answered."""
    holders = set()
    for server_id, rows in (await _connections(client)).items():
        present = [
            event
            for row in rows
            if (
                event := event_of(
                    row.get("authorized_user", ""), server_id=server_id, connected=True
                )
            )
            is not None
        ]
        await in_thread(_write, holder_of(server_id), present)
        holders.add(holder_of(server_id))
    return holders


def _write(holder: str, present: Iterable[Event]) -> None:
    here = {event.device: event for event in present}
    known = Device.objects.filter(is_connected=True, holder=holder)
    gone = [
        Event(device, epoch, False, holder, is_found=True)
        for device, epoch in known.values_list("pk", "session_epoch")
        if device not in here
    ]
    record_all([*here.values(), *gone])


async def _connections(client: Client) -> dict[str, list[dict[str, Any]]]:
    """Return the connections of the devices' account on each server that answers."""
    found: dict[str, list[dict[str, Any]]] = {}
    offset, more = 0, True
    while more:
        more = False
        for answer in await _ask(client, offset):
            data, server = answer.get("data", {}), answer.get("server", {}).get("id", "")
            rows = data.get("connections") or []
            found.setdefault(server, []).extend(rows)
            more = more or len(rows) == _PAGE
        offset += _PAGE
    return found


async def _ask(client: Client, offset: int) -> list[dict[str, Any]]:
    """Ask every server for one page; the first answer counts, later ones a moment longer."""
    inbox = client.new_inbox()
    answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def keep(message: Msg) -> None:
        # Without data, it says that nobody answers such questions.
        if message.data:
            await answers.put(message.data)

    subscription = await client.subscribe(inbox, cb=keep)
    question = orjson.dumps({"auth": True, "limit": _PAGE, "offset": offset})
    await client.publish(_CONNECTIONS, question, reply=inbox)
    found: list[dict[str, Any]] = []
    try:
        while True:
            wait = 0.3 if found else _WAIT_SECONDS
            found.append(orjson.loads(await asyncio.wait_for(answers.get(), wait)))
    except TimeoutError:
        return found
    finally:
        await subscription.unsubscribe()
