"""Whether devices may write where they want to, so that REST can refuse it at once.

The MO processor judges again: what came by MQTT cannot be refused, and things change.
"""

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from imiconnect.rtm.audience import TOPICS_NAMED
from imiconnect.rtm.intake.answers import RtmsRefusal
from imiconnect.rtm.intake.pool import Connection, query
from imiconnect.rtm.models import Thread, Topic
from imiconnect.rtm.sql import NIL

#: Codes of facts/imiconnect.md, 18.5: no such topic; not supported.
NO_TOPIC, NOT_SUPPORTED = 5, 62

_PLACES = f"""
SELECT u.number, t.type, p.access, s.id IS NOT NULL
FROM unnest(%b::int4[], %b::uuid[], %b::text[], %b::uuid[], %b::text[])
  u (number, app, user_id, thread, name)
LEFT JOIN rtm_thread t ON t.id = u.thread AND t.app_id = u.app
LEFT JOIN LATERAL (
  SELECT x.id, x.access FROM rtm_topic x WHERE x.id = t.topic_id
  UNION ALL
  SELECT n.id, n.access FROM ({TOPICS_NAMED}) n WHERE t.id IS NULL) p ON true
LEFT JOIN rtm_subscription s ON s.topic_id = p.id AND s.user_id = u.user_id
"""  # noqa: S608 - constants of this package


class Wish(NamedTuple):
    """Where a message is to go: a thread, a topic, or both empty."""

    app: uuid.UUID
    user_id: str
    thread: uuid.UUID | None
    topic: str


#: Of a message that asks for no place.
NOWHERE = Wish(NIL, "", None, "")


def wish(app: uuid.UUID, user_id: str, body: Any) -> Wish:
    """Return the wish in a message's body."""
    thread, topic = body.get("thread"), body.get("topic")
    try:
        key = uuid.UUID(str(thread["id"])) if isinstance(thread, dict) else None
    except (KeyError, ValueError):
        key = None
    return Wish(app, user_id, key, topic.lower() if isinstance(topic, str) else "")


async def refusals(connection: Connection, wishes: Sequence[Wish]) -> dict[int, RtmsRefusal]:
    """Return, by their place in ``wishes``, why some may not be."""
    asked = [(n, w) for n, w in enumerate(wishes) if w.thread or w.topic]
    if not asked:
        return {}
    columns = [[number for number, _ in asked]]
    columns += [list(column) for column in zip(*(w for _, w in asked), strict=True)]
    found: dict[int, RtmsRefusal] = {}
    for number, kind, access, is_subscribed in await query(connection, _PLACES, columns):
        refusal = _refusal(wishes[number], kind, access, is_subscribed)
        if refusal:
            found[number] = refusal
    return found


def _refusal(
    asked: Wish, kind: str | None, access: str | None, is_subscribed: bool
) -> RtmsRefusal | None:
    if kind == Thread.Type.ANNOUNCEMENT:
        return RtmsRefusal(NOT_SUPPORTED, "Nobody replies to an announcement.", 403)
    if access is None:
        missing = asked.topic and kind is None
        return RtmsRefusal(NO_TOPIC, "There is no such topic.", 404) if missing else None
    if not is_subscribed:
        sentence = "The user is not subscribed to the topic."
        return RtmsRefusal(NOT_SUPPORTED, sentence, 403)
    if access == Topic.Access.READ:
        sentence = "Subscribers of the topic read and do not write."
        return RtmsRefusal(NOT_SUPPORTED, sentence, 403)
    return None
