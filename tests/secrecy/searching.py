"""Every secret that there is, and the ways in which one may be written somewhere."""

import base64
import html
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.apps import apps as django_apps
from django.conf import settings
from django.db import connection

from imiconnect.sandbox.twins import by_slug
from imiconnect.vault import EncryptedTextField

#: What stands beside a secret in the same encrypted column and is none: names, addresses,
#: numbers that pages show. Everything else in such a column is a secret.
NOT_SECRET = {
    "account", "account_name", "address", "app_id", "authorized_by", "bundle", "client_email",
    "contact", "ends_at", "expires_at", "gateway", "handle", "icon_url", "id", "key_id",
    "label", "name", "obstacle", "page_id", "page_name", "person", "picture",
    "project_id", "public_key", "site_url",
    "team_id", "token_uri", "type", "user_id", "valid_until", "screen_name", "callback_url",
}  # fmt: skip
#: Shorter values are found by chance.
SHORTEST = 8
#: A twin remembers, as its provider does, the secrets that it has given out.
OF_PROVIDERS = {"sandbox_thing"}


def all_secrets() -> dict[str, str]:
    """Return every secret by where it is kept: rows, settings, accounts at providers."""
    found: dict[str, str] = {}
    for model in django_apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, EncryptedTextField):
                rows = model._default_manager.values_list("pk", field.name)
                for key, value in rows:
                    where = f"{model._meta.label}.{field.name} of {key}"
                    found |= {f"{where} {name}": leaf for name, leaf in _leaves(value or "")}
    for twin in by_slug().values():
        for name, value in twin.values().items():
            if any(word in name for word in ("secret", "key", "token")):
                found[f"the operator's {name} at {twin.slug}"] = value
    found["SECRET_KEY"] = settings.SECRET_KEY
    for number, entry in enumerate(settings.FIELD_KEYS):
        found[f"FIELD_KEYS {number}"] = entry.partition(":")[2]
    return {where: value for where, value in found.items() if len(value) >= SHORTEST}


def _leaves(stored: str) -> Iterator[tuple[str, str]]:
    try:
        value = json.loads(stored)
    except ValueError:
        yield "", stored
        return
    yield from _walk("", value) if isinstance(value, (dict, list)) else [("", stored)]


def _walk(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            if key not in NOT_SECRET or isinstance(part, (dict, list)):
                yield from _walk(key, part)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(name, part)
    elif isinstance(value, str):
        yield name, value


def written(secret: str) -> set[str]:
    """Return the ways in which a secret would be written, and still be read by a person."""
    if "-----BEGIN" in secret:
        # Line ends differ by where it is written; a line of the key itself does not.
        return {max(secret.replace("\\n", "\n").splitlines(), key=len)}
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    return {
        secret,
        quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        # The last group of three bytes depends on what follows.
        encoded[: len(encoded) // 4 * 4],
    }


def leaks(places: Mapping[str, str], secrets: Mapping[str, str]) -> list[str]:
    """Return a line for each secret that stands at a place."""
    # Most lines are alike on every page, and each is looked at once.
    places_of: dict[str, set[str]] = {}
    for place, text in places.items():
        for line in text.splitlines():
            places_of.setdefault(line, set()).add(place)
    everything = "\n".join(places_of)
    found: set[str] = set()
    for where, secret in secrets.items():
        for form in written(secret):
            if form in everything:
                lines = [line for line in places_of if form in line]
                found |= {f"{place}: {where}" for line in lines for place in places_of[line]}
    return sorted(found)


def stored_rows() -> dict[str, str]:
    """Return what every table holds, as a copy of the database shows it."""
    found = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            if name not in OF_PROVIDERS:
                cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(name)} t")  # noqa: S608
                found[f"table {name}"] = "\n".join(row[0] for row in cursor.fetchall())
    return found
