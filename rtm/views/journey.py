"""The journey page of one message."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import acting, member_required
from imiconnect.rtm.journey import journey_of
from imiconnect.rtm.models import Message
from imiconnect.rtm.search import of_request
from imiconnect.rtm.verdicts import verdict_of


@member_required()
def journey(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Show the journey of the message with this tid.

    A transid leads to its one message, or to the log with all of them. htmx asks for the
    part that changes while the message is under way, and gets nothing when nothing did.
    """
    visible = Message.objects.visible_to(acting(request)).select_related(
        "service", "app", "thread"
    )
    message = visible.filter(pk=key).first()
    if message is None:
        return _of_transid(visible, key)
    context = _context(message)
    if not getattr(request, "htmx", False):
        return render(request, "rtm/journey.html", context)
    if request.GET.get("seen") == context["journey"].digest:
        return HttpResponse(status=204)
    return render(request, "rtm/journey_part.html", context)


def _context(message: Message) -> dict[str, Any]:
    return {
        "section": "messages",
        "title": _("Message"),
        "back_url": reverse("rtm:messages"),
        "back_label": _("Messages"),
        "message": message,
        "verdict": verdict_of(message),
        "journey": journey_of(message),
    }


def _of_transid(visible: Any, key: uuid.UUID) -> HttpResponse:
    found = list(of_request(visible, key)[:2])
    if not found:
        raise Http404
    if len(found) == 1:
        return redirect("rtm:journey", key=found[0].pk)
    return redirect(f"{reverse('rtm:messages')}?q={key}")
