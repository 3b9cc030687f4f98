"""The message button: the script that a site loads, and where the button leads."""

from pathlib import Path
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from imiconnect.sandbox.twitter.twin import SLUG

_SCRIPT = Path(__file__).with_name("widgets.js")


def script(request: HttpRequest) -> HttpResponse:
    """``widgets.js``."""
    return HttpResponse(_SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8")


def compose(request: HttpRequest) -> HttpResponse:
    """Open the conversation with an account, with a text that the button may bring."""
    names = {"recipient_id": "user", "text": "text"}
    query = {own: request.GET[name] for name, own in names.items() if name in request.GET}
    return HttpResponseRedirect(f"{reverse('sandbox:twin', args=[SLUG])}?{urlencode(query)}")
