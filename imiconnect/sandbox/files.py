"""Files that a person sends as a customer: chosen on a double's page, kept in its memory."""

import base64
import secrets
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import warn
from imiconnect.sandbox.store import Store

#: Bytes of a file that a double takes: it is kept in a row.
LARGEST = 2 * 1024 * 1024
#: What a browser may show; anything else it saves, for a page would have the console's session.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_KIND = "customer_file"


@dataclass(frozen=True)
class Chosen:
    """A file as the browser has sent it."""

    name: str
    kind: str
    data: bytes


def chosen(request: HttpRequest) -> Chosen | None:
    """Return the form's ``file``; None, and a notice, where there is none or one too large."""
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > LARGEST:
        warn(request, _("Choose a file of at most 2 MB."))
        return None
    kind = file.content_type or "application/octet-stream"
    return Chosen(file.name or "file", kind, file.read())


def keep(store: Store, file: Chosen) -> str:
    """Keep a file under a name that nobody guesses, and return that."""
    key = secrets.token_urlsafe(16)
    data = base64.b64encode(file.data).decode()
    store.put(_KIND, key, name=file.name, kind=file.kind, data=data)
    return key


def answer(store: Store, key: str) -> HttpResponse:
    """Return a kept file as a server of files does; raises ``Http404``."""
    found = store.get(_KIND, key)
    if found is None:
        raise Http404
    shown = content_disposition_header(found["kind"] not in PICTURES, found["name"])
    return HttpResponse(
        base64.b64decode(found["data"]),
        content_type=found["kind"],
        headers={"Content-Disposition": shown} if shown else {},
    )
