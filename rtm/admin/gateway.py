"""The gateway's rows, for support staff: everything to look at, nothing to change."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.rtm import (
    admin_of_queues,  # noqa: F401 - registers its pages
    models,
)
from imiconnect.support import ReadOnlyAdmin

_ORGANIZATION = ("organization", AutocompleteSelectFilter)
_APP = ("app", AutocompleteSelectFilter)


@admin.register(models.Stream)
class StreamAdmin(ReadOnlyAdmin):
    """Conversation streams."""

    list_display = ("name", "organization", "created_at")
    list_filter: ClassVar = [_ORGANIZATION]
    list_select_related = ("organization",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(models.Thread)
class ThreadAdmin(ReadOnlyAdmin):
    """Conversations and announcements."""

    list_display = (
        "id",
        "title",
        "user_id",
        "app",
        "type",
        "status",
        "updated_at",
        "waits_since",
    )
    list_filter: ClassVar = [_APP, "type", "status", "is_default"]
    list_select_related = ("app",)
    exact = ("user_id", "id")
    ordering = ("-id",)


@admin.register(models.ServiceStream)
class ServiceStreamAdmin(ReadOnlyAdmin):
    """Which stream each service uses."""

    list_display = ("service", "stream")
    list_filter: ClassVar = [("stream", AutocompleteSelectFilter)]
    list_select_related = ("service", "stream")
    search_fields = ("service__name", "stream__name")
    ordering = ("-service",)


@admin.register(models.Topic)
class TopicAdmin(ReadOnlyAdmin):
    """Topics of apps."""

    list_display = ("name", "title", "app", "group", "access", "created_at")
    list_filter: ClassVar = [_APP, "access"]
    list_select_related = ("app",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(models.Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Who is subscribed to a topic."""

    list_display = ("user_id", "topic", "created_at")
    list_filter: ClassVar = [("topic", AutocompleteSelectFilter)]
    list_select_related = ("topic",)
    exact = ("user_id",)
    ordering = ("-id",)


@admin.register(models.Segment)
class SegmentAdmin(ReadOnlyAdmin):
    """Named groups of users."""

    list_display = ("name", "app", "criteria", "created_at")
    list_filter: ClassVar = [_APP]
    list_select_related = ("app",)
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(models.SegmentUser)
class SegmentUserAdmin(ReadOnlyAdmin):
    """Users of segments that are lists."""

    list_display = ("user_id", "segment")
    list_filter: ClassVar = [("segment", AutocompleteSelectFilter)]
    list_select_related = ("segment",)
    exact = ("user_id",)
    ordering = ("-id",)


@admin.register(models.FanOut)
class FanOutAdmin(ReadOnlyAdmin):
    """Messages to topics and segments, and how far they have come."""

    list_display = (
        "named", "kind", "app", "sent", "missed", "code", "created_at", "finished_at",
    )  # fmt: skip
    list_filter: ClassVar = [_ORGANIZATION, _APP, "kind"]
    list_select_related = ("app",)
    exact = ("transid", "id")
    ordering = ("-id",)


@admin.register(models.FanOutTurn)
class FanOutTurnAdmin(ReadOnlyAdmin):
    """When each organization's messages to topics had their latest batch."""

    list_display = ("organization", "taken_at")
    list_select_related = ("organization",)
    ordering = ("-taken_at",)


@admin.register(models.MediaFile)
class MediaFileAdmin(ReadOnlyAdmin):
    """Files that devices have uploaded."""

    list_display = ("id", "app", "user_id", "content_type", "size", "created_at")
    list_filter: ClassVar = [_APP, "content_type"]
    list_select_related = ("app",)
    exact = ("user_id", "id")
    ordering = ("-id",)


@admin.register(models.MediaUsage)
class MediaUsageAdmin(ReadOnlyAdmin):
    """How much each app keeps in files."""

    list_display = ("app", "bytes", "refused_at", "told_at")
    list_select_related = ("app",)
    ordering = ("-bytes",)


@admin.register(models.UserEvent)
class UserEventAdmin(ReadOnlyAdmin):
    """What users' devices are told besides messages."""

    list_display = ("id", "address", "app", "created_at", "due_at")
    list_filter: ClassVar = [_APP]
    list_select_related = ("app",)
    exact = ("address",)
    ordering = ("-id",)


@admin.register(models.Contact)
class ContactAdmin(ReadOnlyAdmin):
    """Customers as apps of providers know them."""

    list_display = ("address", "app", "customer", "last_in_at", "created_at")
    list_filter: ClassVar = [_APP]
    list_select_related = ("app", "customer")
    exact = ("address",)
    ordering = ("-id",)


@admin.register(models.OnboardingStep)
class OnboardingStepAdmin(ReadOnlyAdmin):
    """How customers link themselves with their profile."""

    list_display = ("address", "app", "stage", "customer", "wrong", "problem", "created_at")
    list_filter: ClassVar = [_APP, "stage"]
    list_select_related = ("app", "customer")
    exact = ("address",)
    ordering = ("-id",)


@admin.register(models.UserPin)
class UserPinAdmin(ReadOnlyAdmin):
    """PINs by which users prove themselves; no PIN is shown, for none is kept."""

    list_display = (
        "user_id", "app", "is_known", "customer", "wrong", "problem", "sent_at", "validated_at",
        "used_at",
    )  # fmt: skip
    list_filter: ClassVar = [_APP]
    list_select_related = ("app", "customer")
    exact = ("user_id",)
    ordering = ("-id",)


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    """The message log."""

    list_display = ("id", "direction", "state", "code", "address", "app", "created_at")
    list_filter: ClassVar = [_ORGANIZATION, _APP, "channel", "direction", "state"]
    list_select_related = ("app",)
    exact = ("id", "transid", "address", "correlation_id")
    ordering = ("-id",)


@admin.register(models.MessageTemplate)
class MessageTemplateAdmin(ReadOnlyAdmin):
    """Texts with parameters that requests name."""

    list_display = ("name", "channel", "organization", "service", "is_locked", "updated_at")
    list_filter: ClassVar = [_ORGANIZATION, "channel", "is_locked"]
    list_select_related = ("organization", "service")
    search_fields = ("name",)
    ordering = ("-id",)


@admin.register(models.Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Tries to hand a message over."""

    list_display = ("message_id", "number", "route", "succeeded", "code", "started_at")
    list_filter: ClassVar = [_ORGANIZATION, "route", "succeeded"]
    exact = ("message_id", "id")
    ordering = ("-id",)


@admin.register(models.PushAddress)
class PushAddressAdmin(ReadOnlyAdmin):
    """Where devices are pushed to; the token itself is not shown."""

    list_display = ("digest", "platform", "app", "device", "registered_at", "quarantined_at")
    list_filter: ClassVar = [_APP, "platform"]
    list_select_related = ("app", "device")
    exact = ("digest", "id")
    ordering = ("-id",)


@admin.register(models.Companion)
class CompanionAdmin(ReadOnlyAdmin):
    """Notifications that go with in-app messages, until they are sent."""

    list_display = ("id", "address", "due_at", "attempts")
    exact = ("id", "address")
    ordering = ("due_at",)


@admin.register(models.Callback)
class CallbackAdmin(ReadOnlyAdmin):
    """Notifications to customers' servers."""

    list_display = ("event", "service", "state", "attempts", "due_at", "created_at")
    list_filter: ClassVar = [_ORGANIZATION, "kind", "state"]
    list_select_related = ("service",)
    exact = ("message_id", "id")
    ordering = ("-id",)


@admin.register(models.CallbackAttempt)
class CallbackAttemptAdmin(ReadOnlyAdmin):
    """Tries to deliver a notification."""

    list_display = ("callback", "number", "status_code", "error", "duration_ms", "created_at")
    list_filter = ("status_code",)
    list_select_related = ("callback",)
    exact = ("id",)
    ordering = ("-id",)


@admin.register(models.ConnectionHolder)
class ConnectionHolderAdmin(ReadOnlyAdmin):
    """Processes that hold devices' connections."""

    list_display = ("name", "seen_at")
    list_filter = ("seen_at",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(models.OptOut)
class OptOutAdmin(ReadOnlyAdmin):
    """Customers who get no SMS; without an organization from a whole shared code."""

    list_display = ("address", "sender", "organization", "source", "word", "created_at")
    list_filter: ClassVar = [_ORGANIZATION, "source"]
    list_select_related = ("organization",)
    exact = ("address", "sender")
    ordering = ("-id",)


@admin.register(models.UnclaimedText)
class UnclaimedTextAdmin(ReadOnlyAdmin):
    """Texts to shared codes without a keyword, and to numbers that nobody has."""

    list_display = ("address", "to", "text", "meaning", "reply", "answered_at", "created_at")
    list_filter: ClassVar = ["meaning"]
    exact = ("address", "to")
    ordering = ("-id",)


@admin.register(models.Recording)
class RecordingAdmin(ReadOnlyAdmin):
    """Recordings of calls; their sound is for the organization alone."""

    list_display = ("address", "line", "organization", "state", "seconds", "created_at")
    list_filter: ClassVar = [_ORGANIZATION, "state"]
    list_select_related = ("organization",)
    exact = ("address", "line")
    exclude = ("then", "path")
    ordering = ("-id",)


@admin.register(models.OptWord)
class OptWordAdmin(ReadOnlyAdmin):
    """Words of organizations; those of the platform are the reserved words of numbers."""

    list_display = ("word", "meaning", "organization", "reply")
    list_filter: ClassVar = [_ORGANIZATION, "meaning"]
    list_select_related = ("organization",)
    exact = ("folded",)
    ordering = ("-id",)
