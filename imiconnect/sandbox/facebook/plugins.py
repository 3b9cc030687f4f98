"""Messenger's web plugins: the script that a site loads, and where its buttons lead."""

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.sandbox.facebook import world
from imiconnect.sandbox.facebook.twin import APP_ID, SLUG
from imiconnect.sandbox.facebook.world import store

_SCRIPT = Path(__file__).with_name("sdk.js")
_HERE = ("localhost", "127.0.0.1", "::1")


def script(request: HttpRequest, locale: str) -> HttpResponse:
    """``sdk.js``; its words are English in every locale."""
    return HttpResponse(_SCRIPT.read_bytes(), content_type="text/javascript; charset=utf-8")


def press(request: HttpRequest, plugin: str) -> HttpResponse:
    """Lead whoever has pressed a plugin to the double's page, or say why Meta draws none."""
    world.seed()
    given = request.GET
    page, ref = given.get("page_id", ""), given.get("ref", "")
    problem = _problem(given.get("app_id", ""), page, given.get("origin", ""))
    if problem:
        context = {"problem": problem}
        return render(request, "sandbox/facebook/plugin.html", context, status=400)
    query = {"page": page, "came": plugin, "ref": ref, "user_ref": given.get("user_ref", "")}
    return _to_the_page(query)


def follow_link(request: HttpRequest, page: str) -> HttpResponse:
    """Open the conversation with a page, as m.me does."""
    ref = request.GET.get("ref", "")
    return _to_the_page({"page": page, "came": "link" if ref else "", "ref": ref})


def _to_the_page(query: dict[str, str]) -> HttpResponse:
    given = {name: value for name, value in query.items() if value}
    return HttpResponseRedirect(f"{reverse('sandbox:twin', args=[SLUG])}?{urlencode(given)}")


def _problem(app_id: str, page: str, origin: str) -> Words:
    """Return why the plugin would not be drawn, or nothing."""
    found = store.get("page", page)
    if found is None:
        return _("There is no page with this page_id.")
    if app_id != APP_ID or not found["fields"]:
        return _("The app of this messenger_app_id is not connected to the page.")
    allowed = found["profile"].get("whitelisted_domains", [])
    if origin in allowed or _is_of_this_machine(origin):
        return ""
    words = _("%(origin)s is not among the page's whitelisted_domains.")
    return str(words % {"origin": origin})


def _is_of_this_machine(origin: str) -> bool:
    """Tell whether a person tries a page here: Meta wants https, which that has not.

    The origin of a file is ``null`` (HTML, 7.1.1).
    """
    return origin == "null" or urlsplit(origin).hostname in _HERE
