"""Services, allocations and shares, for support staff."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.sharing import services
from imiconnect.sharing.models import (
    Allocation,
    AppShare,
    NumberAllocation,
    Rule,
    RuleRun,
    Service,
    ServiceKey,
)
from imiconnect.support import ReadOnlyAdmin, ServiceAdmin


@admin.register(Service)
class ServiceOfCustomerAdmin(ServiceAdmin):
    """Services of all organizations; support suspends one and takes it live again."""

    list_display = ("name", "organization", "state", "created_at")
    list_filter: ClassVar = [("organization", AutocompleteSelectFilter), "state"]
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    readonly_fields = (
        "name",
        "description",
        "organization",
        "group",
        "team",
        "receipt_url",
        "receipt_kinds",
        "inbound_url",
        "sms_purpose",
        "sms_quiet_hours",
        "previous_signing_until",
        "created_by",
        "created_at",
    )
    fields = ("state", *readonly_fields, "signing_secret")
    ordering = ("-id",)

    def has_add_permission(self, *args: object) -> bool:
        """Refuse: a service belongs to the level of a person who makes it."""
        return False

    def write(self, obj: Service, *, change: bool) -> Service:
        """Suspend it or take it live."""
        service: Service = Service.objects.get(pk=obj.pk)
        return services.set_state(service=service, state=obj.state)


@admin.register(ServiceKey)
class ServiceKeyAdmin(ReadOnlyAdmin):
    """Service keys, masked."""

    list_display = ("masked_secret", "service", "created_at", "expires_at")
    list_filter: ClassVar = [("service__organization", AutocompleteSelectFilter)]
    list_select_related = ("service",)
    search_fields = ("service__name",)
    ordering = ("-id",)


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    """Which service uses which app."""

    list_display = ("service", "app", "channel", "team", "user", "is_inbound")
    list_filter: ClassVar = [
        ("service__organization", AutocompleteSelectFilter),
        "channel",
        "is_inbound",
    ]
    list_select_related = ("service", "app", "team", "user")
    search_fields = ("service__name", "app__name", "app__app_id")
    ordering = ("-id",)


@admin.register(NumberAllocation)
class NumberAllocationAdmin(ReadOnlyAdmin):
    """Which service uses which number."""

    list_display = ("service", "number", "kind", "channel", "team", "user", "is_inbound")
    list_filter: ClassVar = [
        ("service__organization", AutocompleteSelectFilter),
        "channel",
        "kind",
        "is_inbound",
    ]
    list_select_related = ("service", "number", "team", "user")
    search_fields = ("service__name", "number__folded")
    ordering = ("-id",)


@admin.register(AppShare)
class AppShareAdmin(ReadOnlyAdmin):
    """With which level's permission group an app is shared."""

    list_display = ("content_object", "group", "include_teams", "ends_at", "created_at")
    list_filter: ClassVar = [
        ("content_object__organization", AutocompleteSelectFilter),
        "include_teams",
    ]
    list_select_related = ("content_object", "group", "permission__content_type")
    search_fields = ("content_object__name", "content_object__app_id")
    ordering = ("-id",)


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    """Rules of services, in their order."""

    list_display = ("name", "service", "position", "listens", "action", "is_active")
    list_filter: ClassVar = [
        ("organization", AutocompleteSelectFilter),
        "listens",
        "action",
        "is_active",
    ]
    list_select_related = ("service",)
    search_fields = ("name", "service__name")
    ordering = ("service", "position")


@admin.register(RuleRun)
class RuleRunAdmin(ReadOnlyAdmin):
    """What rules did."""

    list_display = ("rule", "service", "event_kind", "address", "state", "code", "created_at")
    list_filter: ClassVar = [
        ("service__organization", AutocompleteSelectFilter),
        "state",
        "event_kind",
    ]
    list_select_related = ("rule", "service")
    exact = ("id", "event_id", "transid", "address")
    ordering = ("-id",)
