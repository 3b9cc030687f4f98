"""The one Conversation per user or topic, and stream, that takes messages which name no thread.

The statements are shared by the intake, which is asynchronous, and the MO processor. Sorted
arguments keep two batches from waiting for each other in a circle.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from imiconnect.identity import uuid7
from imiconnect.rtm.sql import cursor

#: App, user, stream and topic of a default thread; that of a topic has an empty user.
Place = tuple[uuid.UUID, str, uuid.UUID | None, uuid.UUID | None]

FIND = """
SELECT t.app_id, t.user_id, t.stream_id, t.topic_id, t.id
FROM unnest(%b::uuid[], %b::text[], %b::uuid[], %b::uuid[])
  u (app_id, user_id, stream_id, topic_id)
JOIN rtm_thread t ON t.is_default AND t.app_id = u.app_id AND t.user_id = u.user_id
  AND t.stream_id IS NOT DISTINCT FROM u.stream_id
  AND t.topic_id IS NOT DISTINCT FROM u.topic_id
"""
MAKE = """
INSERT INTO rtm_thread (id, created_at, app_id, service_id, stream_id, topic_id, user_id, type,
  status, title, category, external_id, extras, is_default, updated_at)
SELECT u.id, %b, u.app_id, u.service_id, u.stream_id, u.topic_id, u.user_id, 'Conversation',
  'Active', '', '', '', '{}', true, %b
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[])
  u (id, app_id, service_id, stream_id, topic_id, user_id)
ON CONFLICT DO NOTHING
"""


def find_arguments(places: Iterable[Place]) -> list[list[object]]:
    """Return the parameters of ``FIND``."""
    listed = list(places)
    return [[place[part] for place in listed] for part in range(4)]


def make_arguments(
    places: dict[Place, uuid.UUID | None], now: dt.datetime
) -> list[dt.datetime | list[object]]:
    """Return the parameters of ``MAKE`` for places and the services that open them."""
    listed = sorted(places, key=lambda place: (*place[:2], str(place[2:])))
    return [
        now,
        now,
        [uuid7() for _ in listed],
        [place[0] for place in listed],
        [places[place] for place in listed],
        [place[2] for place in listed],
        [place[3] for place in listed],
        [place[1] for place in listed],
    ]


def default_threads(
    places: dict[Place, uuid.UUID | None], now: dt.datetime
) -> dict[Place, uuid.UUID]:
    """Return the default thread of each place, made where there is none yet."""
    found = _find(places)
    missing = {place: service for place, service in places.items() if place not in found}
    if missing:
        with cursor() as own:
            own.execute(MAKE, make_arguments(missing, now))
        found |= _find(missing)
    return found


def _find(places: Iterable[Place]) -> dict[Place, uuid.UUID]:
    with cursor() as own:
        own.execute(FIND, find_arguments(places))
        return {row[:4]: row[4] for row in own.fetchall()}
