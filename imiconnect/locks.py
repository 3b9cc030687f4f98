"""The row that a service changes, held until its transaction ends."""

from typing import TypeVar

from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext as _

Row = TypeVar("Row", bound=Model)


class Gone(Http404):
    """What was to be changed has been deleted meanwhile; pages and interfaces answer 404."""


def locked(row: Row, *related: str) -> Row:
    """Return a row as it is now, locked until the transaction ends; raises ``Gone``.

    ``related`` are read with it and not locked.
    """
    rows = type(row)._base_manager.select_for_update(of=("self",))
    if related:
        rows = rows.select_related(*related)
    found: Row | None = rows.filter(pk=row.pk).first()
    if found is None:
        kind = str(row._meta.verbose_name)
        raise Gone(_("This %(kind)s has been deleted meanwhile.") % {"kind": kind})
    return found
