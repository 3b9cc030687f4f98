"""The seats of a person together with the person: what every page begins with.

The statement is put together once a process. Django's ``select_related`` over five tables does
so for each page, which took longer than everything else of the frame.
"""

from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from django.db import connection, models

from imiconnect.accounts.models import Group, Member, Organization, Team, User

#: Decrypted whenever it is read, and needed by one page.
_LEFT_OUT = "profile_key"
_TABLES: dict[str, type[models.Model]] = {
    "member": Member,
    "person": User,
    "organization": Organization,
    "unit": Group,
    "team": Team,
}


def seats_with_person(user_id: int) -> list[Member]:
    """Return the seats in which a person may act, the oldest first, as ``with_levels`` does.

    Each has the same person, and its levels, at hand.
    """
    statement, names = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [user_id])
        rows = cursor.fetchall()
    seats: list[Member] = []
    for row in rows:
        seat, person, organization, group, team = _made(row, names)
        seat.user = seats[0].user if seats else person
        seat.organization, seat.group, seat.team = organization, group, team
        if group:
            group.organization = organization
        if team:
            team.group = group
        seats.append(seat)
    return seats


def _made(row: tuple[Any, ...], names: tuple[list[str], ...]) -> list[Any]:
    """Return the objects of a row; None for a level that the seat does not have."""
    ends = [0, *accumulate(map(len, names))]
    return [
        model.from_db(connection.alias, fields, row[start:end]) if row[start] else None
        for model, fields, (start, end) in zip(
            _TABLES.values(), names, pairwise(ends), strict=True
        )
    ]


@cache
def _statement() -> tuple[str, tuple[list[str], ...]]:
    """Return the statement, and the fields of each table in their order: the key first."""
    fields = {
        table: [field for field in model._meta.concrete_fields if field.name != _LEFT_OUT]
        for table, model in _TABLES.items()
    }
    columns = ", ".join(
        f'{table}."{field.column}"' for table, found in fields.items() for field in found
    )
    member, person, organization, unit, team = (
        f'"{model._meta.db_table}" AS {table}' for table, model in _TABLES.items()
    )
    statement = f"""
        SELECT {columns} FROM {member}
        JOIN {person} ON person.id = member.user_id
        JOIN {organization} ON organization.id = member.organization_id
        LEFT JOIN {unit} ON unit.id = member.group_id
        LEFT JOIN {team} ON team.id = member.team_id
        WHERE member.user_id = %s
          AND member.is_active AND person.is_active AND organization.is_active
        ORDER BY member.created_at
    """  # noqa: S608 - names of our own tables and columns
    return statement, tuple([field.attname for field in found] for found in fields.values())
