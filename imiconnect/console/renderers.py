"""How REST answers are written.

A module of its own: REST framework's views load it while they are loaded themselves.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers


class _Ascii(renderers.JSONRenderer):
    ensure_ascii = True


class JSONRenderer(renderers.JSONRenderer):
    """JSON in UTF-8, or in ASCII where it repeats half of a surrogate pair of the request."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes."""
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return _Ascii().render(data, accepted_media_type, renderer_context)
