"""The form that sends one message, and the request that it stands for."""

import datetime as dt
import json
import shlex
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability, Request
from imiconnect.apps.models import App
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.console.forms import ConsoleForm
from imiconnect.rtm.models import Channel, MessageTemplate, Thread
from imiconnect.rtm.protocol.topics import MAX_NAME, name_problem
from imiconnect.rtm.wordings.forms import add_parameters, message_of
from imiconnect.rtm.wordings.shapes import platforms_in
from imiconnect.sharing.models import Allocation, Service

PATH = "/resources/v1/messaging"
_LONGEST_TEXT = 10_000
#: What a content may have besides its text.
_MORE = {"attachment", "quick_reply", "tag"}
#: The documented limit is in bytes (facts/imiconnect.md, section 13).
_CORRELATION_BYTES = 50
_EXPIRIES = {
    "": (_("As the app says"), None),
    "5m": (_("After 5 minutes"), dt.timedelta(minutes=5)),
    "1h": (_("After 1 hour"), dt.timedelta(hours=1)),
    "24h": (_("After 24 hours"), dt.timedelta(hours=24)),
    "7d": (_("After 7 days"), dt.timedelta(days=7)),
}


#: The choices of the field.
EXPIRIES = [(slug, label) for slug, (label, _after) in _EXPIRIES.items()]


def expiry_after(slug: str, now: dt.datetime) -> str:
    """Return the chosen expiry as a request writes it, empty for the usual one."""
    after = _EXPIRIES[slug][1]
    return (now + after).astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if after else ""


def checked_correlation_id(value: str) -> str:
    """Return a correlation ID within the documented limit; else a form's error."""
    if len(value.encode()) > _CORRELATION_BYTES:
        raise forms.ValidationError(_("Correlation ID must be 50 bytes or fewer."))
    return value


def routes_of(member: Member) -> "QuerySet[Allocation]":
    """Return the apps of live services through which this person may send.

    Of each service it is the one app a channel that is resolved for the person; where that is
    not shared any more, none.
    """
    sending = [kind.slug for kind in registry.all_types() if kind.can(Capability.SEND)]
    routes: QuerySet[Allocation] = (
        Allocation.objects.resolved_for(member)
        .usable()
        .filter(
            service__in=Service.objects.visible_to(member).filter(state=Service.State.LIVE),
            app__state=App.State.ACTIVE,
            app__channel_type__in=sending,
        )
        .select_related("service", "app")
        .order_by("service__name", "app__name")
    )
    return routes


def asks_of(route: Allocation) -> Request | None:
    """Return how the app's provider is asked for; None for devices of ours."""
    return registry.get(route.app.channel_type).request


def request_words(route: Allocation, template: MessageTemplate | None = None) -> dict[str, str]:
    """Return the words of a request through a route: app, channel and kind of address.

    An app with devices sends in-app messages, or the push that a ``template`` is.
    """
    asks = asks_of(route)
    channel, id_type = (asks.names[0], asks.id_types[0]) if asks else ("rt", "userid")
    if template and _is_push(template):
        channel = str(template.channel)
    return {"appid": route.app.app_id, "channel": channel, "id_type": id_type}


def _is_push(template: MessageTemplate) -> bool:
    return template.channel == Channel.PUSH


def _pushes(route: Allocation) -> bool:
    """Tell whether the app of a route has devices that take push."""
    return registry.get(route.app.channel_type).can(Capability.DEVICES)


def _content(channel: str, text: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    if channel == "rt":
        return {"message": {"text": text}}
    return ({"text": text} if text else {}) | (more or {})


class _RouteField(forms.ChoiceField):
    """One of the routes that were read for the form; a model's field reads them anew."""

    def offer(self, routes: Sequence[Allocation]) -> None:
        """Offer these."""
        self._routes = {str(route.pk): route for route in routes}
        self.choices = [(key, self._label(route)) for key, route in self._routes.items()]

    def clean(self, value: Any) -> Allocation | None:
        """Return the chosen route."""
        return self._routes.get(super().clean(value))

    def _label(self, route: Allocation) -> str:
        channel = registry.get(route.app.channel_type).name
        return f"{route.service.name} · {route.app.name} ({channel})"


class _JsonField(forms.JSONField):
    """A field of JSON that is empty where nothing was written."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class SendForm(ConsoleForm):
    """One message to one customer."""

    field_order = ("route", "user_id")
    route = _RouteField(
        label=_("Service and app"),
        error_messages={"required": _("Select the service and app")},
    )
    user_id = forms.CharField(
        label=_("User ID"),
        help_text=_(
            "The name with which the customer's device has registered; at a provider, the "
            "customer's address under Customers > Contacts."
        ),
        max_length=MAX_NAME,
        widget=forms.TextInput(
            attrs={"list": "recent-users", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the user ID")},
    )
    text = forms.CharField(
        label=_("Text"), max_length=_LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
    more = _JsonField(
        label=_("Attachment, buttons or template"),
        help_text=_(
            "For apps of providers: a JSON object with attachment or quick_reply, as "
            "docs/channels.md shows them."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        error_messages={"invalid": _("Attachment, buttons or template must be JSON")},
    )
    thread = forms.CharField(
        label=_("Thread ID"),
        help_text=_("Without one it goes to the customer's own conversation."),
        required=False,
    )
    correlation_id = forms.CharField(
        label=_("Correlation ID"),
        help_text=_("Your own reference; receipts repeat it."),
        required=False,
    )
    expiry = forms.ChoiceField(
        label=_("Expires"),
        choices=EXPIRIES,
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        member: Member,
        template: MessageTemplate | None = None,
        **kwargs: Any,
    ) -> None:
        """Offer the routes that ``member`` may send through; they are read once.

        Of a template it asks for the parameters instead of a text.
        """
        super().__init__(*args, **kwargs)
        self.template = template
        self.routes = list(routes_of(member))
        if template and _is_push(template):
            self.routes = [route for route in self.routes if _pushes(route)]
            # A notification is in no conversation.
            del self.fields["thread"]
        field = self.fields["route"]
        assert isinstance(field, _RouteField)  # noqa: S101 - declared above
        field.offer(self.routes)
        # A template has words of its own.
        self.fields["text"].required = not str(self.data.get("more", "")).strip()
        if template:
            del self.fields["text"], self.fields["more"]
            add_parameters(self, template, required=True)

    def clean_correlation_id(self) -> str:
        """Hold the documented limit."""
        return checked_correlation_id(self.cleaned_data["correlation_id"])

    def clean(self) -> dict[str, Any]:
        """Find the thread in the chosen app."""
        values = super().clean() or self.cleaned_data
        route, named = values.get("route"), values.get("thread")
        user_id = values.get("user_id", "")
        if route and user_id and not asks_of(route) and name_problem(user_id):
            sentence = _("User ID must not contain / + # * > or line breaks.")
            self.add_error("user_id", sentence)
        self._check_content(values)
        if route and self.template:
            self._check_template(route, self.template)
        if route and named:
            self._check_thread(route, named, user_id)
        return values

    def request(self, now: dt.datetime) -> dict[str, Any]:
        """Return the body of the equivalent REST request."""
        values = self.cleaned_data
        words = request_words(values["route"], self.template)
        destination: dict[str, Any] = {words["id_type"]: [values["user_id"]]}
        if values["correlation_id"]:
            destination["correlationid"] = values["correlation_id"]
        body: dict[str, Any] = {
            "deliverychannel": words["channel"],
            "appid": words["appid"],
            "destination": [destination],
        } | self._content(words["channel"])
        if values.get("thread"):
            body["thread"] = values["thread"]
        if until := expiry_after(values["expiry"], now):
            body["expiry"] = until
        return body

    def _content(self, channel: str) -> dict[str, Any]:
        """Return the part of the request that says what is sent."""
        values = self.cleaned_data
        if self.template:
            return {"message": message_of(self.template, values)}
        return {"channels": {channel: _content(channel, values["text"], values["more"])}}

    def _check_template(self, route: Allocation, template: MessageTemplate) -> None:
        if _is_push(template):
            self._check_push(route, template)
        elif registry.get(route.app.channel_type).channel != template.channel:
            sentence = _("The template is for %s: select an app of that channel.")
            self.add_error("route", sentence % template.get_channel_display())
        if template.service_id not in (None, route.service_id):
            sentence = _("The template is of the service %s: select an app of it.")
            self.add_error("route", sentence % template.service)

    def _check_push(self, route: Allocation, template: MessageTemplate) -> None:
        """Refuse an app that has no push for any system that the template is for."""
        if not set(secrets_of(route.app).push) & set(platforms_in(template.content)):
            sentence = _(
                "The app has no push for the systems of the template: configure it on its page."
            )
            self.add_error("route", sentence)

    def _check_content(self, values: dict[str, Any]) -> None:
        route, more = values.get("route"), values.get("more")
        if not more or "more" in self.errors:
            return
        if route and not asks_of(route):
            self.add_error("more", _("Only apps of providers take attachments from this page."))
        elif not isinstance(more, dict) or not set(more) <= _MORE:
            sentence = _("Write a JSON object with attachment, quick_reply or tag.")
            self.add_error("more", sentence)

    def _check_thread(self, route: Allocation, named: str, user_id: str) -> None:
        try:
            key = uuid.UUID(named)
        except ValueError:
            self.add_error(
                "thread", _("A thread ID looks like 01a204e8-656b-73bc-81e2-d28e789d3485.")
            )
            return
        threads = Thread.objects.filter(pk=key, app=route.app)
        if not threads.filter(user_id__in=["", user_id]).exists():
            self.add_error("thread", _("The app has no such thread with this user."))


def curl_of(body: dict[str, Any]) -> str:
    """Return the shell command that sends ``body``; the key stays a variable."""
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return (
        f"curl -X POST {settings.PUBLIC_URL}{PATH} \\\n"
        '  -H "key: $SERVICE_KEY" \\\n  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(text)}"
    )


def example() -> dict[str, Any]:
    """Return a request to show before anything is typed."""
    return {
        "deliverychannel": "rt",
        "appid": "AB12345678",
        "destination": [{"userid": ["alice"]}],
        "channels": {"rt": {"message": {"text": "Hello"}}},
    }
