"""Buying a phone number in the browser, as the tests of pages do."""

from typing import Any

from django.test import Client

PHONE = "/numbers/get/phone-number/"


def walk(client: Client, e164: str, **address: str) -> Any:
    """Go from the country to the done page."""
    client.get(PHONE)
    client.post(f"{PHONE}country/", {"country": "GB"})
    pick = {"number_type": "multi_function", "match": "anywhere", "e164": e164}
    client.post(f"{PHONE}search/", {**pick, "carrier": "stock"})
    fields = {"name": "Ada", "street": "1 High St", "city": "London", "country": "GB"}
    client.post(f"{PHONE}address/", {**fields, **address})
    client.post(f"{PHONE}details/", {})
    return client.post(f"{PHONE}review/", {}, follow=True)
