"""The pages of conversation streams: the list, renaming, deleting."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps.services import Blocked
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import FormPage, back_to
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import Card, ManagePage, ObjectMixin, refuse
from imiconnect.rtm import streams as services
from imiconnect.rtm.models import ServiceStream, Stream, Thread
from imiconnect.rtm.views.streams import NewStreamForm
from imiconnect.sharing.models import Service


def stream_url(stream: Stream) -> str:
    """Return the address of a stream's page."""
    return address_of("rtm:stream", stream.pk)


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    """Count rows of a stream by themselves: joins of two kinds would multiply."""
    own = rows.filter(stream=OuterRef("pk")).order_by().values("stream")
    return Coalesce(Subquery(own.annotate(number=Count("pk")).values("number")), 0)


class Streams(MemberRequiredMixin, ListPage):
    """Streams with what uses them."""

    section = "conversations"
    title = _("Streams")
    back_url = reverse_lazy("rtm:conversations")
    back_label = _("Conversations")
    caption = _("Conversation streams, newest first")
    columns: ClassVar = (
        Column("name", _("Name"), href=stream_url),
        Column("services", _("Services"), lambda stream: stream.services, FIGURE),
        Column("open", _("Open conversations"), lambda stream: stream.open, FIGURE),
        Column("created_at", _("Created"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what streams are for."""
        text = _("A stream brings messages of customers to the service that uses it.")
        return Empty(_("No streams yet"), text, self.primary(), "messages")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the streams with figures."""
        rows: QuerySet[Any] = Stream.objects.visible_to(acting(self.request))
        found: QuerySet[Any] = rows.annotate(
            services=_number_of(ServiceStream.objects.all()),
            open=_number_of(Thread.objects.filter(status=Thread.Status.ACTIVE)),
        )
        return found

    def primary(self) -> Button | None:
        """Offer to make one to those who may."""
        if not acting(self.request).can(Act.MANAGE_SERVICES):
            return None
        return Button(_("ADD NEW"), reverse("rtm:stream-new"), "plus")


class NewStream(MemberRequiredMixin, FormPage):
    """Make a stream."""

    act = Act.MANAGE_SERVICES
    section = "conversations"
    form_class = NewStreamForm
    title = _("Make a stream")
    back_url = cancel_url = reverse_lazy("rtm:streams")
    back_label = _("Streams")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Make it."""
        try:
            made = services.create_stream(member=acting(self.request), **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The stream %(name)s is made.") % {"name": made.name})
        return redirect(stream_url(made))


class StreamMixin(ObjectMixin):
    """A page about one stream."""

    section = "conversations"

    def find(self, member: Member) -> Stream:
        """Return the stream, or 404."""
        found: Stream = get_object_or_404(
            Stream.objects.visible_to(member), pk=self.kwargs["stream_id"]
        )
        return found

    def services(self) -> "QuerySet[Service]":
        """Return the services that use it."""
        rows: QuerySet[Service] = Service.objects.filter(stream_use__stream=self.object)
        return rows.order_by("name")


def _rename(page: Any, values: dict[str, Any]) -> None:
    services.rename_stream(stream=page.object, name=values["name"])
    toast(page.request, _("The stream is renamed."))


class StreamPage(StreamMixin, ManagePage):
    """One stream: its name, and who uses it."""

    template_name = "rtm/stream.html"
    back_url = reverse_lazy("rtm:streams")
    back_label = _("Streams")
    cards = (
        Card(
            "rename",
            NewStreamForm,
            Act.MANAGE_SERVICES,
            _rename,
            initial=lambda page: {"name": page.object.name},
        ),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the services that the person sees."""
        seen = Service.objects.visible_to(self.member).values("pk")
        return super().get_context_data(**kwargs) | {
            "title": self.object.name,
            "users": self.services().filter(pk__in=seen),
            "hidden": self.services().exclude(pk__in=seen).count(),
        }


class DeleteStream(StreamMixin, ConfirmPage):
    """Delete a stream that no service uses."""

    act = Act.MANAGE_SERVICES
    heavy = True
    title = _("Delete the stream")
    act_label = _("Delete the stream")
    keep_label = _("Keep the stream")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the stream."""
        back = back_to(stream_url(self.object), self.object.name)
        return super().get_context_data(**(back | kwargs))

    def get_object_name(self) -> str:
        """Return the stream's name."""
        return str(self.object.name)

    def consequences(self) -> list[Any]:
        """Say what goes with it."""
        count = self.object.threads.count()
        return [
            _("Its %(count)s conversations stay, without a stream.") % {"count": count},
            _("Requests that name it are refused then."),
        ]

    def blockers(self) -> Sequence[Button]:
        """Lead to the services that use it; those of other levels have no link of their own."""
        seen = Service.objects.visible_to(self.member).values("pk")
        found = [
            Button(
                _("The service %(name)s uses it") % {"name": service.name},
                reverse("rtm:service-stream", args=[service.pk]),
            )
            for service in self.services().filter(pk__in=seen)
        ]
        if self.services().exclude(pk__in=seen).exists():
            words = _("Services of other levels use it: ask an Admin of the organization")
            found.append(Button(words, stream_url(self.object)))
        return found

    def perform(self) -> str:
        """Delete it, unless a service has taken it since."""
        try:
            services.delete_stream(stream=self.object)
        except Blocked:
            toast(self.request, _("A service uses the stream now. It stays."))
            return stream_url(self.object)
        toast(self.request, _("The stream %(name)s is deleted.") % {"name": self.object.name})
        return reverse("rtm:streams")
