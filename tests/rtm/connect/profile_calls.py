"""Calling the Profile API as a customer's server does."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

PROFILES = "/resources/v2/customerprofile"
Call = Callable[..., Any]


def caller(key: str) -> Call:
    """Return a function that calls the API with a profile key."""

    def send(method: str, records: Any = None, url: str = PROFILES, **query: Any) -> Any:
        client = Client(headers={"key": key})
        if method == "GET":
            return client.get(url, query)
        body = json.dumps({"Records": records}) if records is not None else ""
        return client.generic(method, url, body, "application/json", query_params=query)

    return send


def result_of(call: Call, answer: Any) -> Any:
    """Return the result of the batch that was taken."""
    assert answer.status_code == 202
    assert answer.json()["response"]["code"] == "1001"
    transid = answer.json()["response"]["transid"]
    by_path = call("GET", url=f"{PROFILES}/status/{transid}").json()
    assert call("GET", transid=transid).json() == by_path
    return by_path


def codes_of(call: Call, answer: Any) -> list[str]:
    """Return the code of each record of the batch that was taken."""
    return [row["code"] for row in result_of(call, answer)["Results"]]


def values_of(profile: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a profile by name."""
    return {entry["Name"]: entry["Value"] for entry in profile["Attributes"]}
