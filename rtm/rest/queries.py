"""Checked parameters of a query."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request


def query_of(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the parameters of a query; raises ``ValidationError``."""
    checked = serializer(data=request.query_params.dict())
    checked.is_valid(raise_exception=True)
    values: dict[str, Any] = checked.validated_data
    return values
