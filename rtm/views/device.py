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
from imiconnect.apps.policy import policy_of
from imiconnect.apps.services import reveal_client_key
from imiconnect.rtm.models import Customer

#: So many apps are in the list, and so many customers are offered as users.
MOST_APPS, MOST_USERS = 200, 20


@member_required(Act.MANAGE_APPS)
def device(request: HttpRequest) -> HttpResponse:
    """Show the device; its script registers and connects with the JavaScript SDK."""
    apps = list(_apps(request).order_by("-id")[:MOST_APPS])
    chosen = next((app for app in apps if app.app_id == request.GET.get("app")), None)
    known = Customer.objects.visible_to(acting(request)).order_by("-id")
    known_users = list(known.values_list("customer_id", flat=True)[:MOST_USERS])
    first = chosen or next(iter(apps), None)
    is_known = bool(first and known_users and policy_of(first).profile_required)
    context = {
        "section": "tools",
        "title": _("Try it: a device in your browser"),
        "back_url": reverse("console:tools"),
        "back_label": _("Tools"),
        "apps": [(app, policy_of(app).profile_required) for app in apps],
        "chosen": chosen,
        "known_users": known_users,
        "user_id": request.GET.get("user") or (known_users[0] if is_known else "alice"),
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
