"""The tabs of a service: overview, channels, keys, outbound, inbound, danger."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.accounts.middleware import client_address
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.console.toasts import toast
from imiconnect.keys import in_force, masked
from imiconnect.manage import Card
from imiconnect.numbers.words import shown
from imiconnect.sharing import services
from imiconnect.sharing.allocations import holders_of
from imiconnect.sharing.forms import (
    KIND_WORDS,
    AllocateForm,
    InboundForm,
    OutboundForm,
    RenameForm,
    SmsRulesForm,
    kinds_of,
    outbound_initial,
)
from imiconnect.sharing.probing import check_answers
from imiconnect.sharing.views.base import ServiceTab
from imiconnect.source_form import SourcesForm, lines_of

#: How many numbers the tab of incoming messages names.
MOST = 50


def _rename(page: Any, values: dict[str, Any]) -> None:
    services.update_service(service=page.object, **values)
    toast(page.request, _("The service is changed."))


class Overview(ServiceTab):
    """State, what is missing, name and description."""

    template_name = "sharing/overview.html"
    cards = (
        Card(
            "rename",
            RenameForm,
            Act.MANAGE_SERVICES,
            _rename,
            initial=lambda page: {
                "name": page.object.name,
                "description": page.object.description,
            },
        ),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what is missing before it can go live."""
        missing = services.missing_for_live(self.object)
        return super().get_context_data(**kwargs) | {"missing": missing}


def _allocate(page: Any, values: dict[str, Any]) -> None:
    services.allocate(service=page.object, **values)
    toast(page.request, _("The app is allocated."))


def _free_apps(page: Any) -> dict[str, Any]:
    """Return what can be allocated and to whom: only apps that the service's level may use."""
    teams, people = holders_of(page.object)
    return {
        "apps": App.objects.usable_by(page.object.level).order_by("name"),
        "teams": teams.select_related("group").order_by("group__name", "name"),
        "people": people.select_related("user").order_by("user__name", "pk"),
    }


class Channels(ServiceTab):
    """The apps that the service uses."""

    tab = "channels"
    template_name = "sharing/channels.html"
    cards = (Card("allocate", AllocateForm, Act.ALLOCATE, _allocate, arguments=_free_apps),)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the allocations."""
        rows = self.object.allocations.with_usable().order_by("id")
        allocations = [
            (row, registry.get(row.app.channel_type).name, row.usable)
            for row in rows.select_related("app", "team", "user")
        ]
        any_free = _free_apps(self)["apps"].exists()
        return super().get_context_data(**kwargs) | {
            "allocations": allocations,
            "any_free": any_free,
        }


def _save_sources(page: Any, values: dict[str, Any]) -> None:
    services.set_sources(service=page.object, sources=values["allowed_sources"])
    toast(page.request, _("The allowed source addresses are changed."))


class Keys(ServiceTab):
    """The service keys in force, and from where they may be used."""

    tab = "keys"
    template_name = "sharing/keys.html"
    cards = (
        Card(
            "sources",
            SourcesForm,
            Act.MANAGE_SERVICES,
            _save_sources,
            initial=lambda page: lines_of(page.object.allowed_sources),
            arguments=lambda page: {"own": client_address(page.request)},
        ),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the keys, masked."""
        valid = self.object.keys.filter(in_force()).order_by("-created_at")
        return super().get_context_data(**kwargs) | {
            "service_keys": [
                (masked(key.secret), key.created_at, key.expires_at) for key in valid
            ],
        }


def _save_outbound(page: Any, values: dict[str, Any]) -> None:
    url = values["receipt_url"]
    said = ""
    if url != page.object.receipt_url:
        said = check_answers(url, field="receipt_url", save_anyway=values["save_anyway"])
    services.set_outbound(service=page.object, receipt_url=url, receipt_kinds=kinds_of(values))
    toast(page.request, f"{_('The receipts are changed.')} {said}".strip())


def _save_sms(page: Any, values: dict[str, Any]) -> None:
    purpose, quiet_hours = values["sms_purpose"], values["sms_quiet_hours"]
    services.set_sms(service=page.object, purpose=purpose, quiet_hours=quiet_hours)
    toast(page.request, _("The rules for texts are changed."))


class Outbound(ServiceTab):
    """Receipts, and how calls are signed."""

    tab = "outbound"
    template_name = "sharing/outbound.html"
    cards = (
        Card(
            "outbound",
            OutboundForm,
            Act.MANAGE_SERVICES,
            _save_outbound,
            initial=lambda page: outbound_initial(page.object),
        ),
        Card(
            "sms",
            SmsRulesForm,
            Act.MANAGE_SERVICES,
            _save_sms,
            initial=lambda page: {
                "sms_purpose": page.object.sms_purpose,
                "sms_quiet_hours": page.object.sms_quiet_hours,
            },
        ),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the chosen receipts in words, and the masked secret."""
        service = self.object
        kinds = {
            channel: [KIND_WORDS.get(kind, kind) for kind in chosen]
            for channel, chosen in service.receipt_kinds.items()
        }
        return super().get_context_data(**kwargs) | {
            "kinds": kinds,
            "signing_secret": masked(service.signing_secret),
            "previous_until": service.previous_signing_until,
            "overlapping": len(services.signing_secrets(service)) > 1,
        }


def _save_inbound(page: Any, values: dict[str, Any]) -> None:
    url = values["inbound_url"]
    said = ""
    if url != page.object.inbound_url:
        said = check_answers(url, field="inbound_url", save_anyway=values["save_anyway"])
    services.set_inbound(
        service=page.object, inbound_url=url, typing_events=values["typing_events"]
    )
    toast(page.request, f"{_('The incoming messages are changed.')} {said}".strip())


class Inbound(ServiceTab):
    """Where incoming messages go."""

    tab = "inbound"
    template_name = "sharing/inbound.html"
    cards = (
        Card(
            "inbound",
            InboundForm,
            Act.MANAGE_SERVICES,
            _save_inbound,
            initial=lambda page: {
                "inbound_url": page.object.inbound_url,
                "typing_events": page.object.typing_events,
            },
        ),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the apps and numbers whose messages come here."""
        numbers = self.object.number_allocations.filter(is_inbound=True).order_by("id")
        mapped = numbers.select_related("number__short_code")[: MOST + 1]
        rows = self.object.allocations.hearing().select_related("app")
        return super().get_context_data(**kwargs) | {
            "inbound_apps": [row.app for row in rows.order_by("id")],
            "inbound_numbers": [(row, shown(row.number)) for row in mapped[:MOST]],
            "more_numbers": len(mapped) > MOST,
        }


class Danger(ServiceTab):
    """Suspending and deleting."""

    act = Act.MANAGE_SERVICES
    tab = "danger"
    template_name = "sharing/danger.html"
