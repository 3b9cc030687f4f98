"""A client of the broker that is not the gateway's own code."""

import uuid
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from imiconnect.rtm.connect.broker import broker


def new_client(role: str, *, clean: bool = True, client_id: str = "", **options: Any) -> Client:
    """Return a client with the gateway's credentials, not connected."""
    target = broker()
    name = client_id or f"{role}-{uuid.uuid4().hex[:12]}"
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=clean, **options)
    if target.username:
        client.username_pw_set(target.username, target.password)
    if target.tls:
        client.tls_set_context(target.tls)
    return client


def address() -> tuple[str, int]:
    """Return host and port of a node of the broker."""
    return broker().nodes.in_any_order()[0]
