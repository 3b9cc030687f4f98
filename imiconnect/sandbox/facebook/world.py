"""What exists on the twin's Facebook from the start: a person, pages, and customers."""

import secrets
import time
from typing import Any

from imiconnect.sandbox.facebook.twin import SLUG
from imiconnect.sandbox.store import Store

store = Store(SLUG)

PERSON = "Fred Owner"
_ALL = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
_PAGES = {
    "20000000000001": ("Northwind Bank", _ALL),
    "20000000000002": ("Northwind Cards", _ALL),
    "20000000000003": ("Harbour Telecom", _ALL),
    "20000000000004": ("Northwind Insights", ["ANALYZE"]),
}
#: Names, and what Meta tells of a person to pages that have the permission.
_CUSTOMERS = (
    ("Cora", "Customer", {"locale": "en_GB", "gender": "female", "timezone": 0}),
    ("Carl", "Client", {"locale": "pt_BR", "gender": "male", "timezone": -3}),
)
#: The permission that each of those needs.
PROFILE_SCOPES = {
    "locale": "pages_user_locale",
    "gender": "pages_user_gender",
    "timezone": "pages_user_timezone",
}
SCOPES = [
    "pages_show_list",
    "pages_messaging",
    "pages_manage_metadata",
    "pages_read_engagement",
]
#: Seconds after a customer's last act in which a page may answer.
WINDOW = 24 * 3600


def seed() -> None:
    """Make the pages and customers that are missing."""
    if store.get("page", next(iter(_PAGES))):
        return
    for number, (page, (name, tasks)) in enumerate(_PAGES.items(), start=1):
        store.put("page", page, name=name, tasks=tasks, profile={}, fields="")
        for place, (first, last, more) in enumerate(_CUSTOMERS, start=1):
            psid = f"70000000000{number}{place}"
            names = {"first": first, "last": last, "more": more}
            store.put("psid", psid, page=page, last_act=0.0, **names)


def pages() -> list[tuple[str, dict[str, Any]]]:
    """Return all pages."""
    seed()
    return store.all("page")


def scopes_of(page: str) -> list[str]:
    """Return what the newest login has granted for a page; before one, the usual."""
    kept = store.get("page", page) or {}
    return list(kept.get("scopes", SCOPES))


def customers(page: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the customers of a page; each page knows them by ids of its own."""
    return store.all("psid", page=page)


def new_token(kind: str, **data: Any) -> str:
    """Return a fresh token; ``kind`` is user or page."""
    token = f"EAA{secrets.token_hex(24)}"
    store.put("token", token, kind=kind, **data)
    return token


def page_token(page: str) -> str:
    """Return the token of a page, the same one each time."""
    for token, data in store.all("token", kind="page", page=page):
        if not data.get("dead"):
            return token
    return new_token("page", page=page)


def add_message(psid: str, *, from_page: bool, **content: Any) -> tuple[str, dict[str, Any]]:
    """Write a message into a conversation; return its id and what is kept."""
    mid = f"m_{secrets.token_urlsafe(48)}"
    kept = {"psid": psid, "from_page": from_page, "at": time.time(), "state": "", **content}
    return mid, store.put("message", mid, **kept)
