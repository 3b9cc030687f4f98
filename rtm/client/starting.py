"""Beginning to use an app."""

import re

from imiconnect.rtm.client.client import Client, Options
from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.rest import Rest
from imiconnect.rtm.client.storage import MemoryStore, Store
from imiconnect.rtm.client.tokens import TokenProvider
from imiconnect.rtm.client.transports import Transport

_APP_ID = re.compile(r"[A-Z]{2}\d{8}")


def startup(  # noqa: PLR0913 - all but three have a default
    app_id: str,
    client_key: str,
    *,
    domain: str,
    transport: Transport = "policy",
    automatic_receipts: bool = True,
    store: Store | None = None,
    token_provider: TokenProvider | None = None,
) -> Client:
    """Begin to use an app; to be called in a running event loop.

    ``domain`` is the platform's address, such as ``https://connect.example.com``; a ``store``
    that outlives the process keeps registration, outbox and seen messages. Where the app asks
    for JWTs, ``token_provider`` returns one that the app's server has signed for its user; it
    is called when there is none, when the last one has expired, and when it was refused.
    When it raises it is called again later; until then what is to be sent waits.
    """
    demand(_APP_ID.fullmatch(app_id), "An App ID has two capitals and eight digits.")
    demand(client_key, "Give the client key of the app.")
    options = Options(transport, automatic_receipts, store or MemoryStore())
    return Client(app_id, Rest(domain.rstrip("/"), client_key, token_provider), options)
