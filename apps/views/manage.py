"""MANAGE: the page of one app."""

import datetime as dt
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import authorizations, services
from imiconnect.apps.attributes import DEVICE_ATTRIBUTES
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability, ChannelType
from imiconnect.apps.config_rows import rows_of
from imiconnect.apps.connection import masked_secrets
from imiconnect.apps.forms import (
    DevicesForm,
    FilesForm,
    IncomingForm,
    PolicyForm,
    RenameForm,
    policy_initial,
)
from imiconnect.apps.health import WARNINGS
from imiconnect.apps.models import App, AppExpiry
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.ports import answers
from imiconnect.apps.views.base import AppMixin
from imiconnect.console.summary import SummaryRow
from imiconnect.console.toasts import toast
from imiconnect.keys import in_force, masked
from imiconnect.manage import Card, ManagePage


def _rename(page: Any, values: dict[str, Any]) -> None:
    services.update_app(app=page.own_object(), name=values["name"])
    toast(page.request, _("The name is changed."))


def _save_policy(page: Any, values: dict[str, Any]) -> None:
    app = page.own_object()
    policy = msgspec.structs.replace(policy_of(app), **values)
    services.set_policy(app=app, policy=policy)
    told = _("The policy is changed. Connected devices read it now.")
    toast(page.request, told if page.has_devices else _("The policy is changed."))


def _choose_incoming(page: Any, values: dict[str, Any]) -> None:
    answers.choose_incoming(page.own_object(), values["use"])
    toast(page.request, _("Incoming messages now go to another service."))


class ManageApp(AppMixin, ManagePage):
    """MANAGE: credentials, health, policy, services, danger."""

    template_name = "apps/manage.html"
    back_url = reverse_lazy("apps:list")
    back_label = _("Apps")
    cards = (
        Card(
            "rename",
            RenameForm,
            Act.MANAGE_APPS,
            _rename,
            initial=lambda page: {"name": page.object.name},
        ),
        Card(
            "policy",
            PolicyForm,
            Act.MANAGE_APPS,
            _save_policy,
            initial=lambda page: policy_initial(policy_of(page.object)),
            arguments=lambda page: {"has_devices": page.has_devices},
        ),
        Card(
            "devices",
            DevicesForm,
            Act.MANAGE_APPS,
            _save_policy,
            initial=lambda page: policy_initial(policy_of(page.object)),
        ),
        Card(
            "files",
            FilesForm,
            Act.MANAGE_APPS,
            _save_policy,
            initial=lambda page: policy_initial(policy_of(page.object)),
        ),
        Card(
            "incoming",
            IncomingForm,
            Act.ALLOCATE,
            _choose_incoming,
            initial=lambda page: {"use": page.incoming_use()},
            arguments=lambda page: {"uses": page.uses},
            when=lambda page: len(page.uses) > 1,
        ),
    )

    def all_cards(self) -> tuple[Card, ...]:
        """Add the cards of the app's channel type."""
        added = self.kind.cards
        return (*self.cards, *(import_string(added) if added else ()))

    @property
    def kind(self) -> ChannelType:
        """The channel type of the app."""
        return registry.get(self.object.channel_type)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Let the form of Reconnect lead to the provider."""
        answer: Any = super().dispatch(request, *args, **kwargs)
        kind = registry.get(self.object.channel_type)
        if kind.linking:
            origins = authorizations.linking_of(kind).origins()
            answer._csp_update = {"form-action": list(origins)}
        return answer

    def own_object(self) -> App:
        """Return the app when the person's level owns it; a share gives no say over it."""
        if not self.is_own:
            raise ValidationError(_("The app belongs to another level, which manages it."))
        app: App = self.object
        return app

    @property
    def is_own(self) -> bool:
        """Tell whether the app belongs to the person's level or one below."""
        return self.member.has_at_or_below(self.object)

    @property
    def has_devices(self) -> bool:
        """Tell whether devices register with apps of this type."""
        return registry.get(self.object.channel_type).can(Capability.DEVICES)

    @cached_property
    def uses(self) -> list[Any]:
        """The services that use the app, as far as the person sees them."""
        return answers.uses(self.object, self.member)

    def incoming_use(self) -> str:
        """Return the service that gets the app's incoming messages."""
        return next((use.id for use in self.uses if use.gets_incoming), "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add credentials, configuration, services and health."""
        app, kind = self.object, self.kind
        context = super().get_context_data(**kwargs)
        if not self.is_own:
            context["cards"] = {}
        if kind.manage_context:
            context |= import_string(kind.manage_context)(self)
        valid = app.client_keys.filter(in_force()).order_by("-created_at")
        return context | {
            "title": app.name,
            "app": app,
            "kind": kind,
            "is_own": self.is_own,
            "client_keys": [(masked(key.secret), key.expires_at) for key in valid],
            "config_rows": rows_of(app.config, kind.config_labels, kind.config_words),
            "device_rows": _device_rows(policy_of(app)),
            "try_policy_url": answers.try_policy(app),
            "policy_rows": _policy_rows(policy_of(app), has_devices=self.has_devices),
            "has_devices": self.has_devices,
            "credentials": masked_secrets(app),
            "checkup": getattr(app, "checkup", None),
            "endings": _endings(app, kind),
            "uses": self.uses,
            "health": answers.health(app),
            "storage": answers.storage(app, self.member),
            "file_rows": _file_rows(policy_of(app)),
            "sharing": answers.sharing(self.request, app, self.member),
        }


def _endings(app: App, kind: ChannelType) -> list[tuple[Any, AppExpiry, str]]:
    """Return what of an app ends by itself: label, row, and a state where it is near."""
    rows = app.expiries.order_by("expires_at")
    return [(kind.ending_labels.get(row.name, row.name), row, _nearness(row)) for row in rows]


def _nearness(row: AppExpiry) -> str:
    left = row.expires_at - timezone.now()
    if left <= dt.timedelta():
        return "expired"
    return "expiring" if left <= dt.timedelta(days=WARNINGS[0]) else ""


def _policy_rows(policy: Policy, *, has_devices: bool) -> list[SummaryRow]:
    rows = [
        SummaryRow(_("Retries"), str(policy.retry_count)),
        SummaryRow(_("Seconds between retries"), str(policy.retry_interval_seconds)),
        SummaryRow(_("Expiry in seconds"), str(policy.expiry_seconds)),
    ]
    if has_devices:
        origins = ", ".join(policy.allowed_origins) or _("None")
        return [*rows, SummaryRow(_("Allowed origins"), origins)]
    rate = str(policy.messages_per_second or _("As the channel allows"))
    return [*rows, SummaryRow(_("Messages per second"), rate)]


def _device_rows(policy: Policy) -> list[SummaryRow]:
    return [
        SummaryRow(
            _("Register only customers who have a master profile"),
            _("Yes") if policy.profile_required else _("No"),
        ),
        SummaryRow(_("Device attributes"), _attribute_words(policy)),
        SummaryRow(_("Forget silent devices after (days)"), str(policy.inactive_days)),
        SummaryRow(_("Threads of a user"), str(policy.threads_per_user)),
    ]


def _file_rows(policy: Policy) -> list[SummaryRow]:
    return [
        SummaryRow(_("Delete files after (days)"), str(policy.media_days)),
        SummaryRow(_("Keep files up to (megabytes)"), str(policy.media_megabytes)),
    ]


def _attribute_words(policy: Policy) -> str:
    known = policy.device_attributes
    words = [str(label) for name, label in DEVICE_ATTRIBUTES.items() if name in known]
    return ", ".join(words) or gettext("None")
