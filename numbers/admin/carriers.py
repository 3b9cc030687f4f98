"""Our accounts at carriers, and the routes over them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from imiconnect.numbers.admin.catalogue import ReferenceAdmin
from imiconnect.numbers.models import (
    CarrierAccount,
    CarrierRoute,
    SmppFragment,
    SmppLink,
    SmppPart,
    SmppReceipt,
    Throughput,
)
from imiconnect.support import ReadOnlyAdmin


class CarrierForm(forms.ModelForm):  # type: ignore[type-arg]  # named in Meta
    """An account at a carrier; the secret is written and never shown."""

    new_secret = forms.CharField(
        label=gettext_lazy("New secret"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty keeps the secret that is set."),
    )

    class Meta:
        model = CarrierAccount
        fields = (
            "slug", "carrier", "is_active", "position", "base_url", "account", "options",
            "per_second",
        )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        """Put a new secret into the row."""
        values = super().clean()
        if self.cleaned_data.get("new_secret"):
            self.instance.secret = self.cleaned_data["new_secret"]
        return values


@admin.register(CarrierAccount)
class CarrierAccountAdmin(ReferenceAdmin):
    """Where numbers are bought and messages are handed over."""

    form = CarrierForm
    list_display = ("slug", "carrier", "is_active", "position", "base_url", "per_second")
    fields = (
        "slug", "carrier", "is_active", "position", "base_url", "account", "secret",
        "new_secret", "options", "per_second",
    )  # fmt: skip
    search_fields = ("slug", "carrier")


@admin.register(CarrierRoute)
class CarrierRouteAdmin(ReferenceAdmin):
    """Which account carries what; the route that says more is asked first."""

    list_display = (
        "account", "medium", "country", "sender_kind", "sender", "position", "per_second",
        "overflows", "is_active",
    )  # fmt: skip
    list_filter = ("medium", "account", "sender_kind", "is_active")
    list_select_related = ("account", "country")
    search_fields = ("country__name", "country__iso2", "sender", "account__slug")
    autocomplete_fields = ("country",)
    ordering = ("medium", "country", "position")


@admin.register(Throughput)
class ThroughputAdmin(ReadOnlyAdmin):
    """What is left of each limit."""

    list_display = ("key", "tokens", "filled_at")
    exact = ("key",)
    ordering = ("key",)


@admin.register(SmppLink)
class SmppLinkAdmin(ReadOnlyAdmin):
    """How the connections to message centres are."""

    list_display = ("account", "is_bound", "error", "seen_at")
    exact = ("account",)
    ordering = ("account",)


@admin.register(SmppPart)
class SmppPartAdmin(ReadOnlyAdmin):
    """Parts of texts on their way to centres."""

    list_display = (
        "message", "number", "total", "account", "state", "provider_id", "failures", "due_at",
    )  # fmt: skip
    list_filter = ("state",)
    exact = ("message", "provider_id")
    exclude = ("content",)
    ordering = ("-id",)


@admin.register(SmppReceipt)
class SmppReceiptAdmin(ReadOnlyAdmin):
    """Receipts that wait for the id that they are about."""

    list_display = ("provider_id", "account", "state", "error", "received_at")
    exact = ("provider_id",)
    ordering = ("-id",)


@admin.register(SmppFragment)
class SmppFragmentAdmin(ReadOnlyAdmin):
    """Parts of texts that came in and wait for the others."""

    list_display = ("sender", "to", "number", "total", "account", "received_at")
    exact = ("sender",)
    exclude = ("text", "data")
    ordering = ("-id",)
