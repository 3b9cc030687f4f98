"""Channel apps, for support staff."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.apps import services
from imiconnect.apps.models import App, ClientKey
from imiconnect.support import ReadOnlyAdmin, ServiceAdmin


@admin.register(App)
class AppAdmin(ServiceAdmin):
    """Apps of all organizations; support turns one off and on."""

    list_display = ("name", "app_id", "channel_type", "organization", "state", "created_at")
    list_filter: ClassVar = [
        ("organization", AutocompleteSelectFilter),
        "channel_type",
        "state",
    ]
    list_select_related = ("organization",)
    search_fields = ("name", "app_id", "organization__name")
    readonly_fields = (
        "app_id",
        "name",
        "channel_type",
        "organization",
        "group",
        "team",
        "config",
        "policy",
        "created_by",
        "created_at",
    )
    fields = ("state", *readonly_fields, "secrets")
    ordering = ("-id",)

    def has_add_permission(self, *args: object) -> bool:
        """Refuse: an app belongs to the level of a person who makes it."""
        return False

    def write(self, obj: App, *, change: bool) -> App:
        """Turn it off or on."""
        return services.set_app_state(app=App.objects.get(pk=obj.pk), state=obj.state)


@admin.register(ClientKey)
class ClientKeyAdmin(ReadOnlyAdmin):
    """Client keys, masked."""

    list_display = ("masked_secret", "app", "created_at", "expires_at")
    list_filter: ClassVar = [("app__organization", AutocompleteSelectFilter)]
    list_select_related = ("app",)
    search_fields = ("app__name", "app__app_id")
    ordering = ("-id",)
