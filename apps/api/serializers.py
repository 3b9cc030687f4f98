"""Apps as the REST interface shows and takes them."""

from typing import Any

import msgspec
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imiconnect.apps.attributes import DEVICE_ATTRIBUTES
from imiconnect.apps.channel_types import registry
from imiconnect.apps.connection import handler_of, hook_url, masked_secrets
from imiconnect.apps.models import App, AppHealth
from imiconnect.apps.policy import TRANSPORTS, Policy, as_stored, policy_of
from imiconnect.apps.services import NAME_LENGTH
from imiconnect.keys import Overlap


class PolicySerializer(serializers.Serializer[Any]):
    """What devices and the gateway follow; a missing field keeps its value."""

    retry_count = serializers.IntegerField(required=False)
    retry_interval_seconds = serializers.IntegerField(required=False)
    expiry_seconds = serializers.IntegerField(required=False)
    messages_per_second = serializers.IntegerField(required=False)
    allowed_origins = serializers.ListField(
        child=serializers.CharField(max_length=300), max_length=50, required=False
    )
    client_key_as_password = serializers.BooleanField(required=False)
    profile_required = serializers.BooleanField(required=False)
    device_attributes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(DEVICE_ATTRIBUTES)), required=False
    )
    inactive_days = serializers.IntegerField(required=False)
    media_days = serializers.IntegerField(required=False)
    media_megabytes = serializers.IntegerField(required=False)
    threads_per_user = serializers.IntegerField(required=False)
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
    device_sync = serializers.BooleanField(required=False)
    pin_required = serializers.BooleanField(required=False)
    pin_sender_id = serializers.CharField(required=False, allow_blank=True, max_length=20)


class HealthSerializer(serializers.Serializer[Any]):
    """What the last check of an app at its provider has found."""

    state = serializers.ChoiceField(choices=AppHealth.State.choices)
    problem = serializers.CharField()
    checked_at = serializers.DateTimeField(allow_null=True)
    broken_since = serializers.DateTimeField(allow_null=True)
    granted = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="What the provider lets the app do, in its words; null: it does not say.",
    )


class EndingSerializer(serializers.Serializer[Any]):
    """Something of an app that ends by itself."""

    name = serializers.CharField()
    expires_at = serializers.DateTimeField()


class AppSerializer(serializers.Serializer[Any]):
    """An app without its secrets."""

    id = serializers.UUIDField(read_only=True)
    app_id = serializers.CharField(read_only=True)
    name = serializers.CharField()
    channel_type = serializers.CharField()
    state = serializers.ChoiceField(choices=App.State.choices)
    config = serializers.DictField()
    policy = serializers.SerializerMethodField()
    account = serializers.CharField(help_text="The account at the provider, if any.")
    credentials = serializers.SerializerMethodField()
    health = HealthSerializer(source="checkup", allow_null=True, default=None)
    expiries = EndingSerializer(many=True, read_only=True)
    hook_url = serializers.SerializerMethodField()
    organization = serializers.UUIDField(source="organization_id")
    group = serializers.UUIDField(source="group_id", allow_null=True)
    team = serializers.UUIDField(source="team_id", allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)

    @extend_schema_field(PolicySerializer)
    def get_policy(self, app: App) -> dict[str, Any]:
        """Return the policy with every default filled in."""
        return as_stored(policy_of(app))

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_credentials(self, app: App) -> dict[str, str]:
        """Return the credentials by name, masked."""
        return {name: shown for _label, name, shown in masked_secrets(app)}

    @extend_schema_field(serializers.CharField())
    def get_hook_url(self, app: App) -> str:
        """Return where the provider calls for this app; empty for a type without provider."""
        return hook_url(app.channel_type, app.app_id) if handler_of(app) else ""


class NewAppSerializer(serializers.Serializer[Any]):
    """What makes an app."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    channel_type = serializers.ChoiceField(choices=list(registry.by_slug()))
    config = serializers.DictField(default=dict)
    credentials = serializers.DictField(
        child=serializers.CharField(max_length=20_000), default=dict, write_only=True
    )
    policy = PolicySerializer(required=False)


class ChangedAppSerializer(serializers.Serializer[Any]):
    """What can be changed of an app."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    config = serializers.DictField(required=False)
    policy = PolicySerializer(required=False)
    state = serializers.ChoiceField(choices=App.State.choices, required=False)


class AppWithKeySerializer(AppSerializer):
    """A new app: the only answer that shows the client key without being asked."""

    client_key = serializers.CharField(help_text="Empty for a type that has none.")


class CredentialsSerializer(serializers.Serializer[Any]):
    """Credentials by name; those that are not named stay."""

    credentials = serializers.DictField(child=serializers.CharField(max_length=20_000))


class PrerequisiteSerializer(serializers.Serializer[Any]):
    """What must be there before an app of the type is configured."""

    text = serializers.CharField()
    url = serializers.CharField()
    is_met = serializers.BooleanField(allow_null=True)


class ChannelTypeSerializer(serializers.Serializer[Any]):
    """A channel type: what its apps need."""

    slug = serializers.CharField()
    name = serializers.CharField()
    channel = serializers.CharField()
    credentials = serializers.DictField(child=serializers.CharField())
    has_login = serializers.BooleanField()
    prerequisites = PrerequisiteSerializer(many=True)


class NewAuthorizationSerializer(serializers.Serializer[Any]):
    """Which provider's login to begin."""

    channel_type = serializers.SlugField()


class BegunAuthorizationSerializer(serializers.Serializer[Any]):
    """A login that has begun: open ``url`` in a browser that is signed in here."""

    id = serializers.UUIDField()
    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class OfferSerializer(serializers.Serializer[Any]):
    """A granted account; one that is taken or has an obstacle cannot be used."""

    account = serializers.CharField()
    name = serializers.CharField()
    taken = serializers.BooleanField()
    obstacle = serializers.CharField()


class AuthorizationSerializer(serializers.Serializer[Any]):
    """A login: granted or not yet, and the accounts that it grants."""

    id = serializers.UUIDField()
    channel_type = serializers.CharField()
    granted = serializers.BooleanField()
    granted_by = serializers.CharField()
    accounts = OfferSerializer(many=True)


class AppOfAuthorizationSerializer(serializers.Serializer[Any]):
    """What makes an app of a granted account."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    account = serializers.CharField()


class KeepSerializer(serializers.Serializer[Any]):
    """How many seconds the old key keeps working."""

    keep_seconds = serializers.ChoiceField(choices=Overlap.choices, default=Overlap.DAY)


class StorageSerializer(serializers.Serializer[Any]):
    """What an app keeps in files of messages, in bytes, previews with them."""

    kept = serializers.IntegerField()
    most = serializers.IntegerField(help_text="The policy's media_megabytes.")
    left = serializers.IntegerField()
    together = serializers.IntegerField(
        help_text="What all apps of the caller's level and below keep."
    )
    refused_at = serializers.DateTimeField(
        allow_null=True, help_text="When a file was last refused for want of room."
    )
    kept_days = serializers.IntegerField(help_text="Files are deleted after so many days.")


class SecretSerializer(serializers.Serializer[Any]):
    """A secret."""

    secret = serializers.CharField()


def merged(policy: Policy, values: dict[str, Any]) -> Policy:
    """Return ``policy`` with the given fields changed."""
    return msgspec.convert(as_stored(policy) | values, Policy, strict=False)
