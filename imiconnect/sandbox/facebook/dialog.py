"""The twin's login dialog: a person sees what is asked, and says yes or no."""

import secrets
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from imiconnect.sandbox.facebook import world
from imiconnect.sandbox.facebook.twin import APP_ID
from imiconnect.sandbox.facebook.world import store


def dialog(request: HttpRequest, version: str) -> HttpResponse:
    """Show the dialog, or lead back with a code or a refusal."""
    world.seed()
    redirect_uri = request.GET.get("redirect_uri", "")
    if request.GET.get("client_id") != APP_ID or not _is_registered(redirect_uri):
        return render(request, "sandbox/facebook/dialog.html", {"problem": True}, status=400)
    if request.method != "POST":
        context = {
            "person": world.PERSON,
            "scopes": request.GET.get("scope", "").split(","),
            "pages": [kept["name"] for _page, kept in world.pages()],
        }
        return render(request, "sandbox/facebook/dialog.html", context)
    answer = {"state": request.GET.get("state", "")}
    if request.POST.get("act") == "continue":
        code = secrets.token_urlsafe(40)
        pages = [page for page, _kept in world.pages()]
        scopes = request.GET.get("scope", "").split(",")
        store.put("code", code, redirect_uri=redirect_uri, pages=pages, scopes=scopes)
        answer |= {"code": code}
    else:
        answer |= {
            "error": "access_denied",
            "error_reason": "user_denied",
            "error_description": "Permissions error",
        }
    return HttpResponseRedirect(f"{redirect_uri}?{urlencode(answer)}")


def _is_registered(redirect_uri: str) -> bool:
    """Tell whether the address is among the app's "valid OAuth redirect URIs"."""
    return redirect_uri.startswith(f"{settings.PUBLIC_URL}/apps/authorized/")
