"""Raw payloads as a page may show them: what was said and to whom stays, secrets do not."""

import json
import re
from typing import Any

#: Names whose values are never shown, compared without case, dashes and underscores.
_SECRET = re.compile(r"token|secret|password|authorization|signature|clientkey|apikey|otp|pin$")
_SHOWN = 2_000  # characters of one text
MASK = "••••••"


def masked(value: Any) -> Any:
    """Return a copy of ``value`` (JSON) with the values of secrets replaced and texts cut."""
    if isinstance(value, dict):
        return {
            name: MASK if _is_secret(name) else masked(item) for name, item in value.items()
        }
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]}… ({len(value)} characters)"
    return value


def masked_json(value: Any) -> str:
    """Return ``value``, or the JSON text it is, masked and indented; other text is cut only."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(masked(value))
    return json.dumps(masked(value), indent=2, ensure_ascii=False, default=str)


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(re.sub(r"[-_]", "", name).lower()))
