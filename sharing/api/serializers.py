"""Services as the REST interface shows and takes them."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from imiconnect.apps.services import NAME_LENGTH
from imiconnect.callback_urls import URL_LENGTH
from imiconnect.numbers.kinds import Kind
from imiconnect.sharing.models import NumberAllocation, Service
from imiconnect.sharing.services import DESCRIPTION_LENGTH
from imiconnect.sources import SOURCE_LENGTH


class AllocationSerializer(serializers.Serializer[Any]):
    """An app that a service uses."""

    id = serializers.UUIDField(read_only=True)
    app = serializers.UUIDField(source="app_id")
    channel = serializers.CharField()
    team = serializers.UUIDField(source="team_id", allow_null=True)
    user = serializers.IntegerField(source="user_id", allow_null=True)
    is_inbound = serializers.BooleanField()
    usable = serializers.BooleanField(
        help_text="False once the app is no longer shared with the service's level."
    )


class NewAllocationSerializer(serializers.Serializer[Any]):
    """Which app to allocate, and to which team or user; to everybody without either."""

    app = serializers.UUIDField()
    team = serializers.UUIDField(allow_null=True, default=None)
    user = serializers.IntegerField(allow_null=True, default=None)


class NumberAllocationSerializer(serializers.Serializer[Any]):
    """A number that a service uses on SMS or voice."""

    id = serializers.UUIDField(read_only=True)
    number = serializers.UUIDField(source="number_id")
    value = serializers.CharField(source="number.value")
    kind = serializers.ChoiceField(choices=Kind.choices)
    channel = serializers.ChoiceField(choices=NumberAllocation.Channel.choices)
    team = serializers.UUIDField(source="team_id", allow_null=True)
    user = serializers.IntegerField(source="user_id", allow_null=True)
    is_inbound = serializers.BooleanField()


class NewNumberAllocationSerializer(serializers.Serializer[Any]):
    """Which number to map on which channel, and for which team or user."""

    number = serializers.UUIDField()
    channel = serializers.ChoiceField(
        choices=NumberAllocation.Channel.choices, default=NumberAllocation.Channel.SMS
    )
    team = serializers.UUIDField(allow_null=True, default=None)
    user = serializers.IntegerField(allow_null=True, default=None)


class ServiceSerializer(serializers.Serializer[Any]):
    """A service without its secrets."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField()
    description = serializers.CharField()
    state = serializers.ChoiceField(choices=Service.State.choices)
    receipt_url = serializers.CharField()
    receipt_kinds = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField())
    )
    inbound_url = serializers.CharField()
    sms_purpose = serializers.ChoiceField(choices=Service.Purpose.choices)
    sms_quiet_hours = serializers.ChoiceField(choices=Service.QuietHours.choices)
    typing_events = serializers.BooleanField()
    allowed_sources = serializers.ListField(child=serializers.CharField())
    organization = serializers.UUIDField(source="organization_id")
    group = serializers.UUIDField(source="group_id", allow_null=True)
    team = serializers.UUIDField(source="team_id", allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class NewServiceSerializer(serializers.Serializer[Any]):
    """What makes a service."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    description = serializers.CharField(
        max_length=DESCRIPTION_LENGTH, allow_blank=True, default=""
    )
    level = serializers.UUIDField(
        allow_null=True,
        default=None,
        help_text=_("The organization, group or team it belongs to; the caller's without it."),
    )


class ChangedServiceSerializer(serializers.Serializer[Any]):
    """What can be changed of a service.

    A changed URL is tried first and refused when it does not answer, unless ``save_anyway``.
    """

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    description = serializers.CharField(
        max_length=DESCRIPTION_LENGTH, allow_blank=True, required=False
    )
    state = serializers.ChoiceField(choices=Service.State.choices, required=False)
    receipt_url = serializers.CharField(max_length=URL_LENGTH, allow_blank=True, required=False)
    receipt_kinds = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )
    inbound_url = serializers.CharField(max_length=URL_LENGTH, allow_blank=True, required=False)
    sms_purpose = serializers.ChoiceField(choices=Service.Purpose.choices, required=False)
    sms_quiet_hours = serializers.ChoiceField(
        choices=Service.QuietHours.choices, required=False
    )
    typing_events = serializers.BooleanField(required=False)
    allowed_sources = serializers.ListField(
        child=serializers.CharField(max_length=SOURCE_LENGTH),
        required=False,
        help_text=_("Addresses and networks from which its keys may be used; none: anywhere."),
    )
    save_anyway = serializers.BooleanField(default=False)


class ServiceWithKeySerializer(ServiceSerializer):
    """A new service: the only answer that shows its key without being asked."""

    service_key = serializers.CharField()
