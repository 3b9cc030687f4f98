"""The order of a form's fields, kept with its answer.

A form is an attachment with ``fields`` (facts/imiconnect.md, section 17); its answer is an
object by their names, and objects have no order in the database. The answer names the message
with the form by ``relatedTid``.
"""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString

from imiconnect.rtm.sql import cursor

#: Where the log keeps the fields of the form that a message answers; devices do not get it.
FIELDS = "formFields"
_MOST, _LONGEST = 100, 200
_FORMS: LiteralString = """
SELECT m.id, m.app_id, m.payload -> 'media' FROM rtm_message m
WHERE m.id = ANY(%b::uuid[]) AND m.direction = 0
"""
#: A message, the app that it came by, and what a device has written.
_Row = tuple[uuid.UUID, uuid.UUID, Any]


def forms_answered(rows: Iterable[_Row]) -> dict[uuid.UUID, list[dict[str, str]]]:
    """Return name and label of each field of the form that a message answers, by message.

    A message of another app is no form that a device can have answered.
    """
    wanted = {tid: (app, *found) for tid, app, body in rows if (found := _answered(body))}
    if not wanted:
        return {}
    with cursor() as own:
        own.execute(_FORMS, [[related for _app, related, _form in wanted.values()]])
        media = {(key, app): found for key, app, found in own.fetchall()}
    listed = {
        tid: list(_fields(media.get((related, app)), form))
        for tid, (app, related, form) in wanted.items()
    }
    return {tid: fields for tid, fields in listed.items() if fields}


def _answered(body: Any) -> tuple[uuid.UUID, str] | None:
    """Return the message that an answer of a form names, and the form's identifier."""
    data = body.get("interactiveData") if isinstance(body, dict) else None
    if not isinstance(data, dict) or data.get("type") != "formResponse":
        return None
    try:
        return uuid.UUID(str(body.get("relatedTid"))), str(data.get("identifier") or "")
    except ValueError:
        return None


def _fields(media: Any, identifier: str) -> Iterator[dict[str, str]]:
    listed = media if isinstance(media, list) else []
    forms = [item for item in listed if isinstance(item, dict)]
    forms = [form for form in forms if isinstance(form.get("fields"), list)]
    named = [form for form in forms if str(form.get("identifier") or "") == identifier]
    for form in (named or forms)[:1]:
        for field in form["fields"][:_MOST]:
            if isinstance(field, dict) and field.get("name"):
                name = str(field["name"])[:_LONGEST]
                yield {"name": name, "label": str(field.get("label") or name)[:_LONGEST]}
