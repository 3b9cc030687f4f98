"""Channel apps, for support staff."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.apps import services
from imiconnect.apps.models import (
    App,
    AppExpiry,
    AppHealth,
    Authorization,
    ClientKey,
    HookEvent,
    PushHealth,
)
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


@admin.register(HookEvent)
class HookEventAdmin(ReadOnlyAdmin):
    """What providers have told; the bytes themselves are customers' messages and not shown."""

    list_display = ("received_at", "channel_type", "app", "events", "attempts", "problem")
    list_filter: ClassVar = ["channel_type"]
    list_select_related = ("app",)
    search_fields = ("app__name", "app__app_id", "problem")
    exclude = ("body", "query", "headers")
    ordering = ("-id",)


@admin.register(AppHealth)
class AppHealthAdmin(ReadOnlyAdmin):
    """What the checks of apps have found."""

    list_display = ("app", "state", "problem", "checked_at", "broken_since", "told_at")
    list_filter: ClassVar = ["state", ("app__organization", AutocompleteSelectFilter)]
    list_select_related = ("app",)
    search_fields = ("app__name", "app__app_id", "problem")
    ordering = ("-checked_at",)


@admin.register(AppExpiry)
class AppExpiryAdmin(ReadOnlyAdmin):
    """Tokens and certificates, soonest end first."""

    list_display = ("app", "name", "expires_at", "warned_days")
    list_filter: ClassVar = ["name", ("app__organization", AutocompleteSelectFilter)]
    list_select_related = ("app",)
    search_fields = ("app__name", "app__app_id")
    ordering = ("expires_at",)


@admin.register(PushHealth)
class PushHealthAdmin(ReadOnlyAdmin):
    """What came of pushing, by app and platform."""

    list_display = ("app", "platform", "last_sent_at", "last_failed_at", "last_failure")
    list_filter: ClassVar = ["platform", ("app__organization", AutocompleteSelectFilter)]
    list_select_related = ("app",)
    search_fields = ("app__name", "app__app_id", "last_failure")
    ordering = ("-last_failed_at",)


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnlyAdmin):
    """Logins at providers that are under way, without what they grant."""

    list_display = ("created_at", "channel_type", "member", "app", "granted_at", "expires_at")
    list_filter: ClassVar = ["channel_type"]
    list_select_related = ("member__user", "app")
    search_fields = ("member__user__email",)
    exclude = ("kept", "state_digest")
    ordering = ("-id",)
