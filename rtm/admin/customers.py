"""Customers and who answers them, for support staff: nothing to change."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.rtm import models
from imiconnect.support import ReadOnlyAdmin

_ORGANIZATION = ("organization", AutocompleteSelectFilter)
_APP = ("app", AutocompleteSelectFilter)


@admin.register(models.Customer)
class CustomerAdmin(ReadOnlyAdmin):
    """Master profiles."""

    list_display = ("customer_id", "organization", "created_at", "updated_at")
    list_filter: ClassVar = [_ORGANIZATION]
    list_select_related = ("organization",)
    exact = ("customer_id", "id")
    ordering = ("-id",)


@admin.register(models.ProfileBatch)
class ProfileBatchAdmin(ReadOnlyAdmin):
    """Results of asynchronous calls of the Profile API."""

    list_display = ("id", "organization", "created_at")
    list_filter: ClassVar = [_ORGANIZATION]
    list_select_related = ("organization",)
    exact = ("id",)
    ordering = ("-id",)


@admin.register(models.Device)
class DeviceAdmin(ReadOnlyAdmin):
    """Devices of apps; tokens are digests, which are not shown."""

    list_display = (
        "device_id",
        "user_id",
        "app",
        "platform",
        "is_connected",
        "last_seen_at",
        "ended_by",
    )
    list_filter: ClassVar = [_APP, "platform", "is_connected", "ended_by"]
    list_select_related = ("app",)
    exact = ("user_id", "device_id", "id")
    ordering = ("-id",)


@admin.register(models.DeviceEvent)
class DeviceEventAdmin(ReadOnlyAdmin):
    """What has happened to devices."""

    list_display = ("kind", "name", "user_id", "device_name", "app", "created_at")
    list_filter: ClassVar = [_APP, "kind"]
    list_select_related = ("app",)
    exact = ("user_id", "device_name", "id")
    ordering = ("-id",)


@admin.register(models.Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Customers whose messages are being emptied, or were."""

    list_display = ("id", "organization", "emptied", "created_at", "done_at")
    list_filter: ClassVar = [_ORGANIZATION]
    list_select_related = ("organization",)
    exact = ("id",)
    ordering = ("-id",)


@admin.register(models.Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    """Apps whose provider has failed lately."""

    list_display = ("app", "failures", "retry_at", "error", "failed_at")
    list_filter: ClassVar = [_APP]
    list_select_related = ("app",)
    search_fields = ("app__name",)
    ordering = ("-failed_at",)


@admin.register(models.Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """Which agent answers in which conversation."""

    list_display = ("thread", "agent", "assigned_at")
    list_filter = ("assigned_at",)
    list_select_related = ("thread", "agent__user", "agent__organization")
    search_fields = ("agent__user__name",)
    ordering = ("-assigned_at",)


@admin.register(models.ThreadGuest)
class ThreadGuestAdmin(ReadOnlyAdmin):
    """Agents who may look into a conversation of another."""

    list_display = ("thread", "agent")
    list_filter: ClassVar = [("agent", AutocompleteSelectFilter)]
    list_select_related = ("thread", "agent__user", "agent__organization")
    search_fields = ("agent__user__name",)
    ordering = ("-id",)
