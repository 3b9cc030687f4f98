"""Who is meant by a topic, a segment or an expression: plans of sets, and their SQL.

A plan is what ``protocol/expressions.py`` reads, with ids for names: ``["topic", id]``,
``["list", id]``, ``["|", a, b]``, ``["&", a, b]``, ``["-", a, b]``, ``["!", a]``.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, LiteralString

from imiconnect.rtm.models import Segment
from imiconnect.rtm.protocol import expressions
from imiconnect.rtm.protocol.expressions import Plan, WrongExpression
from imiconnect.rtm.sql import cursor

# The id that a name is, if it is one; each way to a row has its index.
_AS_ID: LiteralString = """CASE
  WHEN u.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN u.name::uuid END"""
#: Topics of an app by name or id, over ``u (app, name)``, with the name in small letters.
TOPICS_NAMED: LiteralString = f"""
  SELECT x.id, x.access FROM rtm_topic x
  WHERE x.app_id = u.app AND lower(x.name) = u.name AND x.deleted_at IS NULL
  UNION ALL
  SELECT x.id, x.access FROM rtm_topic x
  WHERE x.app_id = u.app AND x.id = {_AS_ID} AND x.deleted_at IS NULL"""  # noqa: S608
#: Columns: apps, and names in small letters or ids. Rows: app, name as asked, id (criteria).
TOPICS: LiteralString = f"""
SELECT u.app, u.name, t.id FROM unnest(%b::uuid[], %b::text[]) u (app, name)
CROSS JOIN LATERAL ({TOPICS_NAMED}) t
"""  # noqa: S608 - constants of this module
SEGMENTS: LiteralString = f"""
SELECT u.app, u.name, t.id, t.criteria FROM unnest(%b::uuid[], %b::text[]) u (app, name)
CROSS JOIN LATERAL (
  SELECT x.id, x.criteria FROM rtm_segment x
  WHERE x.app_id = u.app AND lower(x.name) = u.name
  UNION ALL
  SELECT x.id, x.criteria FROM rtm_segment x WHERE x.app_id = u.app AND x.id = {_AS_ID}) t
"""  # noqa: S608 - constants of this module
_OPERATIONS = {"|": "UNION", "&": "INTERSECT", "-": "EXCEPT"}
_TOPIC = "SELECT user_id FROM rtm_subscription WHERE topic_id = %b AND user_id > %b"
_LIST = "SELECT user_id FROM rtm_segmentuser WHERE segment_id = %b AND user_id > %b"
_EVERYBODY = """SELECT user_id FROM rtm_device
WHERE app_id = %b AND user_id > %b AND unregistered_at IS NULL"""
# Who deletes one waits for this lock, so that its users are there as long as it is.
_KEPT: LiteralString = """
WITH t AS (SELECT id FROM rtm_topic WHERE id = ANY(%b::uuid[]) AND deleted_at IS NULL
  ORDER BY id FOR KEY SHARE),
s AS (SELECT id FROM rtm_segment WHERE id = ANY(%b::uuid[]) ORDER BY id FOR KEY SHARE)
SELECT id FROM t UNION ALL SELECT id FROM s
"""


class NoSuchName(LookupError):
    """An expression names what the app does not have; says so in a sentence."""


def plan_of_topics(app: uuid.UUID, text: str) -> Plan:
    """Return the plan of an expression over an app's topics.

    Raises ``NoSuchName`` and ``WrongExpression``.
    """
    parsed = expressions.parse(text)
    return with_topics(parsed, _topics(app, expressions.names_of(parsed)))


def plan_of_segments(app: uuid.UUID, text: str) -> Plan:
    """Return the plan of an expression over an app's segments; raises as for topics."""
    parsed = expressions.parse(text)
    rows = _named(SEGMENTS, app, expressions.names_of(parsed))
    segments = {name: (key, criteria) for _app, name, key, criteria in rows}
    criteria = read_criteria(text for _key, text in segments.values())
    inner = {name for read in criteria.values() for name in topics_in(read)}
    return with_segments(parsed, segments, criteria, _topics(app, inner))


def read_criteria(texts: Iterable[str]) -> dict[str, Plan | WrongExpression]:
    """Parse the criteria of segments, by their text.

    They were checked when they were stored, by the limits of that day: in place of one that is
    not read today stands why.
    """
    found: dict[str, Plan | WrongExpression] = {}
    for text in filter(None, texts):
        try:
            found[text] = expressions.parse(text)
        except WrongExpression as error:
            found[text] = error
    return found


def topics_in(criteria: Plan | WrongExpression) -> Iterable[str]:
    """Return the names of topics in criteria that ``read_criteria`` has read."""
    return () if isinstance(criteria, WrongExpression) else expressions.names_of(criteria)


def with_topics(plan: Plan, topics: Mapping[str, uuid.UUID]) -> Plan:
    """Put ids in place of topics' names; ``topics`` has names in small letters."""

    def leaf(name: str) -> Plan:
        found = topics.get(name.lower())
        if found is None:
            raise NoSuchName(f"The app has no topic “{name}”.")
        return ["topic", str(found)]

    return expressions.replaced(plan, leaf)


def with_segments(
    plan: Plan,
    segments: Mapping[str, tuple[uuid.UUID, str]],
    criteria: Mapping[str, Plan | WrongExpression],
    topics: Mapping[str, uuid.UUID],
) -> Plan:
    """Put lists and expressions in place of segments' names; ``read_criteria`` read those.

    Raises ``NoSuchName``, and ``WrongExpression`` for criteria that cannot be used.
    """

    def leaf(name: str) -> Plan:
        found = segments.get(name.lower())
        if found is None:
            raise NoSuchName(f"The app has no segment “{name}”.")
        key, text = found
        if not text:
            return ["list", str(key)]
        inner = criteria[text]
        if isinstance(inner, WrongExpression):
            raise WrongExpression(f"The segment “{name}” cannot be used. {inner}")
        return with_topics(inner, topics)

    return expressions.replaced(plan, leaf)


def _topics(app: uuid.UUID, names: Iterable[str]) -> dict[str, uuid.UUID]:
    return {name: key for _app, name, key in _named(TOPICS, app, names)}


def _named(
    statement: LiteralString, app: uuid.UUID, names: Iterable[str]
) -> list[tuple[Any, ...]]:
    wanted = list({name.lower() for name in names})
    with cursor() as own:
        own.execute(statement, [[app] * len(wanted), wanted])
        return own.fetchall()


def users_sql(plan: Plan, app: uuid.UUID, after: str = "") -> tuple[str, list[Any]]:
    """Return a SELECT of ``user_id`` of a set, beyond ``after``, and its parameters.

    The statement is made of constants of this module alone.
    """
    kind = plan[0]
    if kind in ("topic", "list"):
        return (_TOPIC if kind == "topic" else _LIST), [uuid.UUID(plan[1]), after]
    if kind == "!":
        inner, parameters = users_sql(plan[1], app, after)
        return f"({_EVERYBODY} EXCEPT ({inner}))", [app, after, *parameters]
    left, first = users_sql(plan[1], app, after)
    right, second = users_sql(plan[2], app, after)
    return f"(({left}) {_OPERATIONS[kind]} ({right}))", first + second


def holds(plan: Plan) -> bool:
    """Tell whether all topics and lists of a plan exist, and keep them until the commit.

    Without one of them a plan means others than it was asked for: its complement everybody.
    """
    wanted = set(_sets(plan))
    with cursor() as own:
        own.execute(_KEPT, [list(wanted), list(wanted)])
        return len(own.fetchall()) == len(wanted)


def _sets(plan: Plan) -> Iterable[uuid.UUID]:
    if plan[0] in ("topic", "list"):
        yield uuid.UUID(plan[1])
        return
    for part in plan[1:]:
        yield from _sets(part)


def count(plan: Plan, app: uuid.UUID, after: str = "", but_not: str = "") -> int:
    """Return how many users a set has now beyond ``after``, without the user ``but_not``."""
    sql, parameters = users_sql(plan, app, after)
    query = f"SELECT count(*) FROM ({sql}) u WHERE user_id <> %b"  # noqa: S608 - constants
    with cursor() as own:
        own.execute(query.encode(), [*parameters, but_not])
        row = own.fetchone()
        return int(row[0]) if row else 0


def size_of(segment: Segment) -> int:
    """Return how many users a segment has now; none where it has a problem."""
    if not segment.criteria:
        return segment.users.count()
    try:
        return count(plan_of_topics(segment.app_id, segment.criteria), segment.app_id)
    except (NoSuchName, WrongExpression):
        return 0


def problem_of(segment: Segment) -> str:
    """Return why a segment cannot be used, in a sentence; empty where it can.

    A topic of it may be gone, or its expression may be beyond the limits.
    """
    try:
        if segment.criteria:
            plan_of_topics(segment.app_id, segment.criteria)
    except (NoSuchName, WrongExpression) as error:
        return str(error)
    return ""
