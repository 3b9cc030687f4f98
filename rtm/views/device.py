"""Try it: a device in your browser."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from imiconnect.accounts.access import Act, acting, member_required
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App
from imiconnect.apps.services import reveal_client_key


@member_required(Act.MANAGE_APPS)
def device(request: HttpRequest) -> HttpResponse:
    """Show the device; its script registers and connects with the JavaScript SDK."""
    context = {
        "section": "tools",
        "title": _("Try it: a device in your browser"),
        "back_url": reverse("console:tools"),
        "back_label": _("Tools"),
        "apps": _apps(request).order_by("-id")[:200],
        "chosen": request.GET.get("app", ""),
        "user_id": request.GET.get("user", ""),
    }
    return render(request, "rtm/device.html", context)


@require_POST
@member_required(Act.MANAGE_APPS)
def device_access(request: HttpRequest) -> HttpResponse:
    """Answer the AppId and client key of the chosen app to the page's script.

    Reading a client key leaves an audit entry.
    """
    try:
        key = uuid.UUID(request.POST.get("app", ""))
    except ValueError:
        return JsonResponse({"error": "app"}, status=422)
    app = get_object_or_404(_apps(request), pk=key)
    body = {
        "appId": app.app_id,
        "name": app.name,
        "clientKey": reveal_client_key(app=app),
    }
    return JsonResponse(body, headers={"Cache-Control": "no-store"})


def _apps(request: HttpRequest) -> Any:
    types = [kind.slug for kind in registry.all_types() if kind.can(Capability.DEVICES)]
    visible = App.objects.visible_to(acting(request))
    return visible.filter(channel_type__in=types, state=App.State.ACTIVE)
