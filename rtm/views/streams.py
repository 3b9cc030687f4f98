"""The tab of a service on which its one conversation stream is chosen or made."""

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.manage import Card
from imiconnect.rtm import streams as services
from imiconnect.rtm.models import Stream
from imiconnect.sharing.models import Service
from imiconnect.sharing.views.base import ServiceTab


class StreamForm(ConsoleForm):
    """Which stream the service uses."""

    stream = forms.ModelChoiceField(
        queryset=Stream.objects.none(),
        label=_("Stream"),
        required=False,
        empty_label=_("None"),
        help_text=_("A service has one stream. Other services may use the same."),
    )

    def __init__(self, *args: Any, streams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["stream"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = streams


class NewStreamForm(ConsoleForm):
    """The name of a stream to make."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Such as Support, or Card payments.")
    )


def _choose(page: Any, values: dict[str, Any]) -> None:
    if values["stream"]:
        services.use_stream(service=page.object, stream=values["stream"])
        toast(page.request, _("The stream is chosen."))
    else:
        services.leave_stream(service=page.object)
        toast(page.request, _("The service has no stream now."))


@transaction.atomic
def _make(page: Any, values: dict[str, Any]) -> None:
    stream = services.create_stream(member=page.member, name=values["name"])
    services.use_stream(service=page.object, stream=stream)
    toast(page.request, _("The stream is made and chosen."))


class StreamTab(ServiceTab):
    """The stream of the service, and who else uses it."""

    tab = "rtm:service-stream"
    template_name = "rtm/service_stream.html"
    cards = (
        Card(
            "stream",
            StreamForm,
            Act.MANAGE_SERVICES,
            _choose,
            initial=lambda page: {"stream": services.stream_of(page.object)},
            arguments=lambda page: {
                "streams": Stream.objects.visible_to(page.member).order_by("name")
            },
        ),
        Card("new", NewStreamForm, Act.MANAGE_SERVICES, _make),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the stream and the other services that use it."""
        stream = services.stream_of(self.object)
        others = (
            Service.objects.visible_to(self.member)
            .filter(stream_use__stream=stream)
            .exclude(pk=self.object.pk)
            .order_by("name")
            if stream
            else []
        )
        shown = {
            "stream": stream,
            "others": others,
            "any_stream": Stream.objects.visible_to(self.member).exists(),
        }
        return super().get_context_data(**kwargs) | shown
