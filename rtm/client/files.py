"""Files that go with messages."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from imiconnect.rtm.client.errors import demand
from imiconnect.rtm.client.registration import Registration

#: ``file``, ``mediaId``, ``contentType``, ``size``, ``preview``, as ``attachments`` has them.
Attachment = dict[str, Any]
Call = Callable[..., Awaitable[dict[str, Any]]]
_PARTS = ("file", "mediaId", "contentType", "size", "preview")


class Files:
    """Uploads, and fresh addresses for those that have expired."""

    def __init__(
        self, app_id: str, registration: Registration, call: Call, upload: Call
    ) -> None:
        """Use ``call`` and ``upload``, which renew an ended token."""
        self._app_id, self._registration = app_id, registration
        self._call, self._upload = call, upload

    async def upload(
        self, data: bytes, content_type: str, *, preview: bool = True
    ) -> Attachment:
        """Upload a file: images of at most 5 MB, other files of at most 16 MB."""
        demand(data, "Give the bytes of the file.")
        query = f"previewRequired={str(preview).lower()}&fileUrlRequired=true"
        path = f"/rtmsAPI/api/v1/media/{self._app_id}/upload?{query}"
        form = {"clientId": self._registration.wire_client_id}
        return _attachment(await self._upload(path, form, ("file", data, content_type)))

    async def refresh(self, url: str) -> Attachment:
        """Return fresh addresses of a file for one that has expired."""
        demand(url, "Give the address of the file.")
        user = quote(self._registration.need().user_id, safe="")
        path = f"/{self._app_id}/user/{user}/generatemedia"
        return _attachment(await self._call("POST", path, body={"url": url}))


def _attachment(answer: dict[str, Any]) -> Attachment:
    return {name: answer[name] for name in _PARTS if answer.get(name)}
