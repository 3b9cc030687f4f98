"""Checked parameters of a query, and rows by what a URL calls them."""

from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.db.models.functions import Lower
from rest_framework import serializers
from rest_framework.request import Request

if TYPE_CHECKING:
    from django.db.models import QuerySet

Row = TypeVar("Row", bound=Model)


def query_of(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the parameters of a query; raises ``ValidationError``."""
    checked = serializer(data=request.query_params.dict())
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values


def named(rows: "QuerySet[Row]", name: str) -> Row | None:
    """Return the row with this id or, in any case, this name; None where there is none."""
    try:
        return rows.filter(pk=UUID(name)).first()
    except ValueError:
        # No name has one, and no query can ask for it.
        if "\0" in name:
            return None
        return rows.alias(lowered=Lower("name")).filter(lowered=name.lower()).first()
