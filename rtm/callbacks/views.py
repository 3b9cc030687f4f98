"""Messages > Callbacks: the delivery log, one delivery with its tries, and Resend."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import EXACT, FIGURE, STATE, Column, choice
from imiconnect.console.forms import PageMixin
from imiconnect.console.lists import BulkAct, Button, Empty, ListPage
from imiconnect.console.toasts import toast, warn
from imiconnect.manage import ActView, ObjectMixin
from imiconnect.rtm.callbacks import services
from imiconnect.rtm.callbacks.forms import CallbackFilter
from imiconnect.rtm.masking import masked_json
from imiconnect.rtm.models import Callback
from imiconnect.rtm.shell import message_pages


def callback_url(callback: Callback) -> str:
    """Return the address of a delivery's page."""
    return address_of("rtm:callback", callback.pk)


def word_of(callback: Callback) -> str:
    """Return the state as its badge says it: between two tries it is retrying."""
    waiting = callback.state == Callback.State.PENDING and callback.attempts
    return "retrying" if waiting else str(callback.state)


class CallbackLog(MemberRequiredMixin, ListPage):
    """The deliveries of the services that the person may see, newest first."""

    act = Act.SEND_MESSAGES
    section = "messages"
    title = _("Callbacks")
    export_name = "callbacks"
    filter_form = CallbackFilter
    columns = (
        Column("made", _("Made"), "created_at", EXACT, href=callback_url),
        Column("state", _("State"), word_of, STATE),
        Column("kind", _("Kind"), choice("kind", Callback.Kind)),
        Column("event", _("Event"), "event"),
        Column("service", _("Service"), "service.name"),
        Column("url", _("URL"), "url"),
        Column("attempts", _("Attempts"), kind=FIGURE),
        Column("due_at", _("Next attempt"), kind=EXACT),
    )
    empty = Empty(
        _("No callbacks yet"),
        _(
            "Receipts and incoming messages that are sent to your servers are listed here. "
            "Set the URLs on the tabs Outbound and Inbound of a service."
        ),
        icon="webhook",
    )

    def kinds(self) -> list[Button]:
        """Lead to the log of messages too."""
        return message_pages(self.request, "callbacks")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the deliveries with their services."""
        visible: QuerySet[Any] = Callback.objects.visible_to(acting(self.request))
        return visible.select_related("service")

    def _filters(self) -> CallbackFilter:
        return CallbackFilter(self.request.GET, member=acting(self.request))

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Narrow by state, kind, service and URL."""
        for name in ("state", "kind", "service"):
            if values.get(name):
                queryset = queryset.filter(**{name: values[name]})
        if values.get("url"):
            queryset = queryset.filter(url__icontains=values["url"].strip())
        return queryset

    def bulk_acts(self) -> list[BulkAct]:
        """Offer to send the selected ones again."""
        return [BulkAct("resend", _("Resend"), _resend_selected)]

    def manage_url(self, row: Any) -> str:
        """Return the page of the delivery."""
        return callback_url(row)


def _resend_selected(request: HttpRequest, rows: QuerySet[Any]) -> None:
    resent = services.resend_all(callbacks=rows.select_related(None))
    toast(
        request,
        ngettext(
            "%(count)s callback is sent again.", "%(count)s callbacks are sent again.", resent
        )
        % {"count": resent},
    )


class CallbackMixin(ObjectMixin):
    """A page about one delivery."""

    act = Act.SEND_MESSAGES

    def find(self, member: Member) -> Callback:
        """Return the delivery, or 404."""
        visible = Callback.objects.visible_to(member).select_related("service")
        found: Callback = get_object_or_404(visible, pk=self.kwargs["key"])
        return found


class CallbackPage(CallbackMixin, PageMixin, TemplateView):
    """One delivery: verdict, tries, what was sent."""

    template_name = "rtm/callback.html"
    section = "messages"
    back_url = reverse_lazy("rtm:callbacks")
    back_label = _("Callbacks")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the delivery and its tries, the newest first."""
        callback = self.object
        tries = list(callback.tries.order_by("-number", "-id")[:100])
        return super().get_context_data(**kwargs) | {
            "title": _("Callback %(event)s") % {"event": callback.event},
            "callback": callback,
            "word": word_of(callback),
            "tries": tries,
            "body": masked_json(callback.body),
            "gone": bool(tries and tries[0].status_code == 410),
            "retries": settings.CALLBACK_RETRIES,
        }


class ResendCallback(CallbackMixin, ActView):
    """One more try of a finished delivery."""

    def perform(self) -> str:
        """Send it again."""
        if services.resend(callback=self.object):
            toast(self.request, _("The callback is sent again."))
        else:
            warn(self.request, _("The callback is under way already."))
        return callback_url(self.object)
