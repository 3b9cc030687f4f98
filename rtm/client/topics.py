"""Topics of the app, and which of them the registered user is subscribed to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import quote

from imiconnect.rtm.client.errors import ErrorCode, demand
from imiconnect.rtm.client.registration import Registration

#: One topic as the wire has it: ``id``, ``name``, ``ref``, ``access_level``, ``subscribed`` ...
Topic = dict[str, Any]
Call = Callable[..., Awaitable[dict[str, Any]]]


class Topics:
    """The calls on topics; a topic is named by its id or its name."""

    def __init__(self, app_id: str, registration: Registration, call: Call) -> None:
        """Use ``call``, which renews an ended token."""
        self._app_id, self._registration, self._call = app_id, registration, call

    async def list(
        self, *, start: int = 0, limit: int = 100, subscribed: bool | None = None
    ) -> tuple[Sequence[Topic], int]:
        """Return a part of the topics by name, at most 100, and how many there are."""
        wanted = "both" if subscribed is None else str(subscribed).lower()
        query = {"start": str(start), "limit": str(limit), "subscribed": wanted}
        path = f"/apps/{self._app_id}/user/{self._user()}/topics"
        answer = await self._call("GET", path, query=query)
        return answer.get("topics", []), int(answer.get("total", 0))

    async def subscribe(self, topic: str) -> None:
        """Subscribe the user."""
        body = [self._registration.need().user_id]
        failure = ErrorCode.SUBSCRIBE_FAILED
        await self._call("POST", self._path(topic), body=body, failure=failure)

    async def unsubscribe(self, topic: str) -> None:
        """End the user's subscription."""
        path, failure = f"{self._path(topic)}/{self._user()}", ErrorCode.UNSUBSCRIBE_FAILED
        await self._call("DELETE", path, failure=failure)

    def _user(self) -> str:
        return quote(self._registration.need().user_id, safe="")

    def _path(self, topic: str) -> str:
        demand(topic, "Give the id or the name of the topic.")
        return f"/apps/{self._app_id}/topics/{quote(topic, safe='')}/users"
