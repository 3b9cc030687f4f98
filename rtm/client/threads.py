"""Threads of the registered user."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from urllib.parse import quote

from imiconnect.rtm.client.errors import ErrorCode, SdkError, demand
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
        self._announcements: set[str] = set()

    async def create(
        self,
        *,
        title: str = "",
        type: Literal["Conversation", "Announcement"] = "Conversation",
        **more: Any,
    ) -> Thread:
        """Make a thread; ``more`` are ``category``, ``externalid``, ``extras`` and others.

        ``stream_name`` is the name of one of ``streams``: whose agents answer.
        """
        body = {"type": type, "title": title, "userId": self._registration.need().user_id}
        answer = await self._call("POST", f"/apps/{self._app_id}/threads", body=body | more)
        made = {"type": type, "title": title, "status": "Active", **answer["thread"]}
        self.note(made)
        return made

    async def streams(self) -> Sequence[dict[str, Any]]:
        """Return the streams by name, at most 100, each with ``id`` and ``name``."""
        self._registration.need()
        answer = await self._call("GET", f"/apps/{self._app_id}/streams")
        streams: Sequence[dict[str, Any]] = answer.get("streams", [])
        return streams

    async def list(
        self, *, start: int = 0, limit: int = 50, unread: bool = False
    ) -> tuple[Sequence[Thread], int]:
        """Return a part of the threads, latest change first, and how many there are.

        With ``unread`` each has ``unread_msg_count``, where the app has an inbox.
        """
        query = {"start": str(start), "limit": str(limit)}
        query |= {"fetchunreadcount": "true"} if unread else {}
        answer = await self._call("GET", self._path(), query=query)
        threads: list[Thread] = answer.get("threads", [])
        for thread in threads:
            self.note(thread)
        return threads, int(answer.get("total", 0))

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

    async def close(self, thread_id: str) -> None:
        """Close a thread; publishing to it opens it again."""
        await self.update(thread_id, status="Closed")

    async def unread_count(self) -> int:
        """Return how many threads have something to read."""
        path = self._path().removesuffix("threads") + "unreadthreads"
        return int((await self._call("GET", path)).get("unread_thread_count") or 0)

    async def typing(self, thread_id: str, *, begun: bool = True) -> None:
        """Tell the others of a conversation that the user types, or has stopped."""
        demand(thread_id, "Give the id of the thread.")
        state = "start" if begun else "stop"
        await self._say("typing", thread={"id": thread_id}, state=state)

    async def delete_message(self, tid: str) -> None:
        """Hide a message from the lists of this user."""
        demand(tid, "Give the tid of the message.")
        await self._say("message", tid=tid)

    def note(self, thread: Thread | None) -> None:
        """Remember of a thread, as a list or a message has it, whether somebody may reply."""
        if thread and thread.get("type") == "Announcement":
            self._announcements.add(str(thread["id"]))

    def check_reply(self, thread_id: str) -> None:
        """Raise ``NOT_SUPPORTED`` for what is known as an announcement."""
        if thread_id in self._announcements:
            sentence = "Nobody replies to an announcement."
            raise SdkError(ErrorCode.NOT_SUPPORTED, sentence)

    async def _say(self, what: str, **body: Any) -> None:
        body["clientId"] = self._registration.wire_client_id
        await self._call("POST", f"/{self._app_id}/{what}", body=body)

    def _path(self, thread_id: str | None = None) -> str:
        demand(thread_id != "", "Give the id of the thread.")
        user = quote(self._registration.need().user_id, safe="")
        path = f"/apps/{self._app_id}/user/{user}/threads"
        return path if thread_id is None else f"{path}/{quote(thread_id, safe='')}"
