"""Threads of the registered user."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from urllib.parse import quote

from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.messages import Message, message_from
from imiconnect.rtm.client.registration import Registration

#: One thread as the wire has it: ``id``, ``title``, ``type``, ``status``, ``created_on`` ...
Thread = dict[str, Any]
Call = Callable[..., Awaitable[dict[str, Any]]]


class Threads:
    """The calls on threads; each answers what the platform knows now."""

    def __init__(self, app_id: str, registration: Registration, call: Call) -> None:
        """Use ``call``, which renews an ended token."""
        self._app_id, self._registration, self._call = app_id, registration, call

    async def create(
        self,
        *,
        title: str = "",
        type: Literal["Conversation", "Announcement"] = "Conversation",
        **more: Any,
    ) -> Thread:
        """Make a thread; ``more`` are ``category``, ``externalid`` and ``extras``."""
        body = {"type": type, "title": title, "userId": self._registration.need().user_id}
        answer = await self._call("POST", f"/apps/{self._app_id}/threads", body=body | more)
        return {"type": type, "title": title, "status": "Active", **answer["thread"]}

    async def list(self, *, start: int = 0, limit: int = 50) -> tuple[Sequence[Thread], int]:
        """Return a part of the threads, latest change first, and how many there are."""
        query = {"start": str(start), "limit": str(limit)}
        answer = await self._call("GET", self._path(), query=query)
        return answer.get("threads", []), int(answer.get("total", 0))

    async def messages(
        self, thread_id: str, *, before: dt.datetime | None = None, limit: int = 50
    ) -> Sequence[Message]:
        """Return the messages of a thread before a time, newest first."""
        query = {"limit": str(limit)}
        if before is not None:
            query["from"] = before.isoformat()
        answer = await self._call("GET", f"{self._path(thread_id)}/messages", query=query)
        return [message_from(raw) for raw in answer.get("messages", [])]

    async def update(self, thread_id: str, **changes: Any) -> None:
        """Change ``title``, ``status``, ``category``, ``externalid`` or ``extras``."""
        await self._call("PUT", self._path(thread_id), body=changes)

    def _path(self, thread_id: str | None = None) -> str:
        demand(thread_id != "", "Give the id of the thread.")
        user = quote(self._registration.need().user_id, safe="")
        path = f"/apps/{self._app_id}/user/{user}/threads"
        return path if thread_id is None else f"{path}/{quote(thread_id, safe='')}"
