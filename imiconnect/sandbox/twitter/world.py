"""What exists at the twin from the start: accounts and customers."""

import time
from typing import Any

from imiconnect.sandbox.store import Store
from imiconnect.sandbox.twitter.twin import SLUG

store = Store(SLUG)

_ACCOUNTS = {
    "3805104374": ("Northwind Bank", "northwindbank"),
    "3805104375": ("Harbour Telecom", "harbourtel"),
}
PEOPLE = {"5501": "Cora Customer", "5502": "Carl Client"}


def accounts() -> list[tuple[str, dict[str, Any]]]:
    """Return all accounts, made where they are missing."""
    for key, (name, handle) in _ACCOUNTS.items():
        if store.get("account", key) is None:
            store.put("account", key, name=name, handle=handle, hook="")
    return store.all("account")


def add_message(account: str, person: str, text: str, *, out: bool, **more: Any) -> str:
    """Keep a message, ``out`` of the customer's hands or into them; return its id."""
    key = str(time.time_ns())
    store.put("message", key, account=account, person=person, text=text, out=out, **more)
    return key
