"""How deeply a body may be nested.

Whoever accepts a body is not the last to read it: processors, pages and other devices do so
later, with less of the interpreter's stack left. One body that they cannot read would stop the
batch that it is in, for everybody.
"""

from typing import Any

#: Objects and lists within one another; the documented bodies have seven at most.
MAX_DEPTH = 32
TOO_DEEP = "The body is nested too deeply."


def is_too_deep(raw: bytes, value: Any) -> bool:
    """Tell whether ``value`` has more levels than ``MAX_DEPTH``.

    It is what was decoded of ``raw``, or the part of it that may have anything in it.
    """
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    level = [value]
    for _depth in range(MAX_DEPTH + 1):
        level = [part for value in level for part in _parts(value)]
        if not level:
            return False
    return True


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
