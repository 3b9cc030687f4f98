"""Fields whose values the database takes, and the parser of bodies."""

import math
from typing import IO, Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import parsers, serializers
from rest_framework.exceptions import ParseError

from imiconnect.rtm.protocol.topics import MAX_NAME, name_problem

MAX_BODY = 1024 * 1024
_MAX_DEPTH = 20
_MAX_JSON = 32 * 1024


class JSONParser(parsers.JSONParser):
    """JSON of at most a megabyte, whose nesting cannot exhaust the interpreter."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        """Return the parsed body; raises ``ParseError``."""
        try:
            return super().parse(cast(IO[Any], _Limited(stream)), media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None


class _Limited:
    """A stream that ends with an error after ``MAX_BODY`` bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = MAX_BODY

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(self._left + 1 if size < 0 else size)
        self._left -= len(data)
        if self._left < 0:
            raise ParseError("The body is larger than 1 MB.")
        return data


def unstorable(value: Any, depth: int = 0) -> str | None:
    """Return why a JSON value cannot be kept in the database, or None.

    PostgreSQL's ``jsonb`` has neither null characters nor lone surrogates nor infinities.
    """
    if depth > _MAX_DEPTH:
        return "is nested too deeply"
    if isinstance(value, str):
        return _unstorable_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "has a number that is not finite"
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, list):
        parts = value
    else:
        return None
    return next((why for part in parts if (why := unstorable(part, depth + 1))), None)


def _unstorable_text(text: str) -> str | None:
    if "\0" in text:
        return "has a null character"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "has half of a surrogate pair"
    return None


@extend_schema_field(OpenApiTypes.OBJECT)
class JSONObject(serializers.DictField):
    """A JSON object that the database can keep, up to 32 KB."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the object; raises ``ValidationError``."""
        value = super().to_internal_value(data)
        why = unstorable(value)
        if why is None and len(repr(value)) > _MAX_JSON:
            why = "is larger than 32 KB"
        if why:
            raise serializers.ValidationError(f"It {why}.")
        return value


class PlainField(serializers.CharField):
    """A text that the database can keep."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text; raises ``ValidationError``."""
        value = super().to_internal_value(data)
        if why := unstorable(value):
            raise serializers.ValidationError(f"It {why}.")
        return value


class NameField(serializers.CharField):
    """A user id or device id: a part of topics."""

    def __init__(self, **options: Any) -> None:
        """Leave spaces at the ends in place, so that they are refused rather than lost."""
        super().__init__(trim_whitespace=False, max_length=MAX_NAME, **options)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the name; raises ``ValidationError`` with what is wrong with it."""
        value = super().run_validation(data)
        problem = name_problem(value) if value else None
        if problem:
            raise serializers.ValidationError(f"The name {problem}.")
        return value
