"""What the console needs of the packages above it; they bind it in their ``ready``."""

from collections.abc import Callable
from typing import Any

#: Returns the seat of a signed-in user from user and session, or None. Bound by accounts.
MemberOf = Callable[[Any, Any], Any]

_member_of: list[MemberOf] = []


def bind_member_of(find: MemberOf) -> None:
    """Say how a WebSocket's user and session lead to the acting member; the last call wins."""
    _member_of[:] = [find]


def member_of(user: Any, session: Any) -> Any:
    """Return the acting member of a WebSocket, or None when there is none."""
    return _member_of[0](user, session) if _member_of and user.is_authenticated else None
