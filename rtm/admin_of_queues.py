"""What waits in the gateway's queues, and what it remembers of senders, for support staff."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.rtm import models
from imiconnect.support import ReadOnlyAdmin


@admin.register(models.OpenMessage)
class OpenMessageAdmin(ReadOnlyAdmin):
    """Messages that still wait for an outcome."""

    list_display = ("id", "address", "priority", "due_at", "claimed_until", "failures")
    list_filter = ("priority",)
    exact = ("id", "address", "app_id")
    ordering = ("-id",)


@admin.register(models.MessageBatch)
class MessageBatchAdmin(ReadOnlyAdmin):
    """Messages that were accepted together and not sent yet."""

    list_display = ("id", "priority", "size", "due_at", "claimed_until")
    list_filter = ("priority",)
    ordering = ("-id",)


@admin.register(models.OwedMessage)
class OwedMessageAdmin(ReadOnlyAdmin):
    """Messages that one device of a user has, and another one has not yet."""

    list_display = ("id", "message_id", "device_id", "due_at", "expires_at", "sent")
    list_filter = ("due_at",)
    exact = ("message_id", "device_id")
    ordering = ("-id",)


@admin.register(models.Wake)
class WakeAdmin(ReadOnlyAdmin):
    """Devices that came online and get what waits for them."""

    list_display = ("id", "app_id", "address", "due_at")
    list_filter = ("due_at",)
    exact = ("address", "app_id")
    ordering = ("-id",)


@admin.register(models.Inbound)
class InboundAdmin(ReadOnlyAdmin):
    """Incoming messages that are not in the log yet."""

    list_display = ("id", "app_id", "address", "device_id", "received_at", "attempts")
    list_filter = ("attempts",)
    exact = ("address", "app_id")
    ordering = ("-id",)


@admin.register(models.ReceiptBatch)
class ReceiptBatchAdmin(ReadOnlyAdmin):
    """Receipts that came together and are not applied yet."""

    list_display = ("id", "size", "received_at")
    list_filter = ("received_at",)
    ordering = ("-id",)


@admin.register(models.Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Receipts that have not met their message yet."""

    list_display = ("tid", "kind", "address", "code", "received_at", "due_at", "attempts")
    list_filter = ("kind",)
    exact = ("tid", "address", "app_id")
    ordering = ("-id",)


@admin.register(models.IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnlyAdmin):
    """Requests that have been answered."""

    list_display = ("key", "service", "transid", "created_at")
    list_filter: ClassVar = [("service", AutocompleteSelectFilter)]
    list_select_related = ("service",)
    exact = ("key", "transid")
    ordering = ("-id",)


@admin.register(models.ClientRef)
class ClientRefAdmin(ReadOnlyAdmin):
    """What devices and providers call the messages they have sent."""

    list_display = ("ref", "address", "device_id", "tid", "created_at")
    list_filter = ("created_at",)
    exact = ("ref", "tid", "address")
    ordering = ("-id",)


@admin.register(models.ProviderRef)
class ProviderRefAdmin(ReadOnlyAdmin):
    """What providers call the messages they have taken."""

    list_display = ("provider_id", "channel", "account", "address", "tid", "created_at")
    list_filter = ("channel",)
    exact = ("provider_id", "tid", "address")
    ordering = ("-id",)


@admin.register(models.ProviderReceipt)
class ProviderReceiptAdmin(ReadOnlyAdmin):
    """Receipts of providers that have not met their message yet."""

    list_display = (
        "provider_id", "address", "channel", "kind", "code", "received_at", "attempts",
    )  # fmt: skip
    list_filter = ("channel", "kind")
    exact = ("provider_id", "address")
    ordering = ("-id",)


@admin.register(models.Watermark)
class WatermarkAdmin(ReadOnlyAdmin):
    """Until when all that was sent to a customer is delivered or read."""

    list_display = ("address", "app_id", "delivered_until", "read_until", "held_at")
    exact = ("address", "app_id")
    ordering = ("-id",)


@admin.register(models.RuleEvent)
class RuleEventAdmin(ReadOnlyAdmin):
    """Events that wait for the rules of services."""

    list_display = ("id", "kind", "channel", "address", "happened_at", "due_at")
    list_filter: ClassVar = ["kind"]
    exact = ("id", "organization_id", "service_id", "address")
    ordering = ("due_at",)
