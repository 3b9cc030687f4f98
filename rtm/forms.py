"""Forms of the gateway's pages."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.lists import FilterForm
from imiconnect.rtm.models import Channel, Message
from imiconnect.rtm.search import Search
from imiconnect.sharing.models import Service

_ANY = ("", _("Any"))
_SPANS = {
    "15m": dt.timedelta(minutes=15),
    "1h": dt.timedelta(hours=1),
    "24h": dt.timedelta(hours=24),
    "7d": dt.timedelta(days=7),
}


class _Moment(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", attrs={"step": "60"})


class MessageFilters(FilterForm):
    """The filters of the message log."""

    q = forms.CharField(label=_("Correlation ID, transid or user ID"), max_length=128)
    service: Any = forms.ModelChoiceField(None, label=_("Service"), empty_label=_("Any"))
    app: Any = forms.ModelChoiceField(None, label=_("App"), empty_label=_("Any"))
    channel = forms.ChoiceField(label=_("Channel"), choices=[_ANY, *Channel.choices])
    state = forms.TypedChoiceField(
        label=_("State"), choices=[_ANY, *Message.STATES], coerce=int, empty_value=None
    )
    direction = forms.TypedChoiceField(
        label=_("Direction"),
        choices=[_ANY, *Message.Direction.choices],
        coerce=int,
        empty_value=None,
    )
    span = forms.ChoiceField(
        label=_("Accepted"),
        choices=[
            ("", _("At any time")),
            ("15m", _("In the last 15 minutes")),
            ("1h", _("In the last hour")),
            ("24h", _("In the last 24 hours")),
            ("7d", _("In the last 7 days")),
        ],
    )
    since = forms.DateTimeField(label=_("From (UTC)"), widget=_Moment)
    until = forms.DateTimeField(label=_("To (UTC)"), widget=_Moment)

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        """Offer the services and apps that ``member`` may see."""
        super().__init__(*args, **kwargs)
        self._organization = member.organization_id
        services, apps = self.fields["service"], self.fields["app"]
        services.queryset = Service.objects.visible_to(member).order_by("name")  # type: ignore[attr-defined]  # a model choice
        apps.queryset = App.objects.visible_to(member).order_by("name")  # type: ignore[attr-defined]  # a model choice

    def search(self, now: dt.datetime) -> Search:
        """Return what was asked; a filter that cannot be read narrows nothing."""
        self.is_valid()
        asked = self.cleaned_data
        service, app = asked.get("service"), asked.get("app")
        span = _SPANS.get(asked.get("span") or "")
        return Search(
            organization=self._organization,
            service=service.pk if service else None,
            app=app.pk if app else None,
            channel=asked.get("channel") or "",
            state=asked.get("state"),
            direction=asked.get("direction"),
            since=asked.get("since") or (now - span if span else None),
            until=asked.get("until"),
            words=asked.get("q") or "",
        )
