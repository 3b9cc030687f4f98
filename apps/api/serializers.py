"""Apps as the REST interface shows and takes them."""

from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imiconnect.apps.attributes import DEVICE_ATTRIBUTES
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App
from imiconnect.apps.policy import TRANSPORTS, Policy, as_stored, policy_of
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.keys import Overlap


class PolicySerializer(serializers.Serializer[Any]):
    """What devices and the gateway follow; a missing field keeps its value."""

    retry_count = serializers.IntegerField(required=False)
    retry_interval_seconds = serializers.IntegerField(required=False)
    expiry_seconds = serializers.IntegerField(required=False)
    allowed_origins = serializers.ListField(
        child=serializers.CharField(max_length=300), max_length=50, required=False
    )
    client_key_as_password = serializers.BooleanField(required=False)
    profile_required = serializers.BooleanField(required=False)
    device_attributes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DEVICE_ATTRIBUTES)), required=False
    )
    inactive_days = serializers.IntegerField(required=False)
    primary_transport = serializers.ChoiceField(choices=TRANSPORTS, required=False)
    secondary_transport = serializers.ChoiceField(
        choices=TRANSPORTS, required=False, allow_blank=True
    )
    secured_port = serializers.BooleanField(required=False)
    payload_encryption = serializers.BooleanField(required=False)
    jwt_authorization = serializers.BooleanField(required=False)
    server_inbox = serializers.BooleanField(required=False)
    single_device_per_user = serializers.BooleanField(required=False)
    multi_user_per_device = serializers.BooleanField(required=False)


class AppSerializer(serializers.Serializer[Any]):
    """An app without its secrets."""

    id = serializers.UUIDField(read_only=True)
    app_id = serializers.CharField(read_only=True)
    name = serializers.CharField()
    channel_type = serializers.CharField()
    state = serializers.ChoiceField(choices=App.State.choices)
    config = serializers.DictField()
    policy = serializers.SerializerMethodField()
    organization = serializers.UUIDField(source="organization_id")
    group = serializers.UUIDField(source="group_id", allow_null=True)
    team = serializers.UUIDField(source="team_id", allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    @extend_schema_field(PolicySerializer)
    def get_policy(self, app: App) -> dict[str, Any]:
        """Return the policy with every default filled in."""
        return as_stored(policy_of(app))


class NewAppSerializer(serializers.Serializer[Any]):
    """What makes an app."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    channel_type = serializers.ChoiceField(choices=list(registry.by_slug()))
    config = serializers.DictField(default=dict)
    policy = PolicySerializer(required=False)


class ChangedAppSerializer(serializers.Serializer[Any]):
    """What can be changed of an app."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    config = serializers.DictField(required=False)
    policy = PolicySerializer(required=False)
    state = serializers.ChoiceField(choices=App.State.choices, required=False)


class AppWithKeySerializer(AppSerializer):
    """A new app: the only answer that shows the client key without being asked."""

    client_key = serializers.CharField()


class KeepSerializer(serializers.Serializer[Any]):
    """How many seconds the old key keeps working."""

    keep_seconds = serializers.ChoiceField(choices=Overlap.choices, default=Overlap.DAY)


class SecretSerializer(serializers.Serializer[Any]):
    """A secret."""

    secret = serializers.CharField()


def merged(policy: Policy, values: dict[str, Any]) -> Policy:
    """Return ``policy`` with the given fields changed."""
    return msgspec.convert(as_stored(policy) | values, Policy, strict=False)
