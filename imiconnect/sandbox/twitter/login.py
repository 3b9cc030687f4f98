"""The three legs of OAuth 1.0a, and the app's own bearer token."""

import base64
import secrets
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from imiconnect.sandbox.twitter.signing import check, token_of
from imiconnect.sandbox.twitter.twin import CONSUMER_KEY, CONSUMER_SECRET
from imiconnect.sandbox.twitter.world import accounts, store

_COULD_NOT = {"errors": [{"code": 32, "message": "Could not authenticate you."}]}


@csrf_exempt
def request_token(request: HttpRequest) -> HttpResponse:
    """Step 1: a request token for a registered callback."""
    signed = check(request)
    if signed is None:
        return JsonResponse(_COULD_NOT, status=401)
    callback = signed.oauth.get("oauth_callback", "")
    if not callback.startswith(f"{settings.PUBLIC_URL}/apps/authorized/"):
        problem = {"code": 415, "message": "Callback URL not approved for this client."}
        return JsonResponse({"errors": [problem]}, status=403)
    token, secret = secrets.token_hex(16), secrets.token_hex(20)
    store.put("request", token, secret=secret, callback=callback)
    return _form(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")


def authorize(request: HttpRequest) -> HttpResponse:
    """Step 2: a person looks at what is asked, and says yes or no."""
    token = request.GET.get("oauth_token", "")
    kept = store.get("request", token)
    if kept is None:
        context: dict[str, Any] = {"problem": True}
        return render(request, "sandbox/twitter/authorize.html", context, status=403)
    if request.method != "POST":
        context = {"accounts": accounts(), "token": token}
        return render(request, "sandbox/twitter/authorize.html", context)
    if request.POST.get("act") != "allow":
        store.drop("request", token)
        return _back(kept["callback"], denied=token)
    verifier = secrets.token_hex(16)
    store.change("request", token, verifier=verifier, user=request.POST.get("user", ""))
    return _back(kept["callback"], oauth_token=token, oauth_verifier=verifier)


@csrf_exempt
def access_token(request: HttpRequest) -> HttpResponse:
    """Step 3: the account's token, once."""
    token = token_of(request)
    kept = store.get("request", token)
    signed = check(request, kept["secret"]) if kept else None
    if signed is None or kept is None or signed.oauth.get("oauth_verifier") != kept["verifier"]:
        return JsonResponse(_COULD_NOT, status=401)
    store.drop("request", token)
    user = kept["user"]
    own, secret = f"{user}-{secrets.token_hex(20)}", secrets.token_hex(22)
    store.put("token", own, secret=secret, user=user)
    account = dict(accounts())[user]
    return _form(
        oauth_token=own,
        oauth_token_secret=secret,
        user_id=user,
        screen_name=account["handle"],
    )


@csrf_exempt
def bearer(request: HttpRequest) -> HttpResponse:
    """The app-only token, for webhooks."""
    wanted = base64.b64encode(f"{CONSUMER_KEY}:{CONSUMER_SECRET}".encode()).decode()
    if request.headers.get("Authorization") != f"Basic {wanted}":
        return JsonResponse(_COULD_NOT, status=403)
    token = f"AAAA{secrets.token_hex(24)}"
    store.put("bearer", token)
    return JsonResponse({"token_type": "bearer", "access_token": token})


def _form(**values: str) -> HttpResponse:
    return HttpResponse(urlencode(values), content_type="text/html;charset=utf-8")


def _back(callback: str, **query: str) -> HttpResponse:
    mark = "&" if "?" in callback else "?"
    return HttpResponseRedirect(f"{callback}{mark}{urlencode(query)}")
