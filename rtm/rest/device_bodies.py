"""Bodies of the calls of devices (facts/imiconnect.md, 18.4)."""

from typing import Any

import msgspec
from rest_framework import serializers

from imiconnect.rtm.connect.registration import Profile
from imiconnect.rtm.rest.fields import JSONObject, NameField

_PUSH_ID = 4096
_PLATFORM = 20


class DataSerializer(serializers.Serializer[Any]):
    """What a device tells of itself."""

    update = JSONObject(required=False)  # type: ignore[assignment]  # its documented name


class RegisterBody(serializers.Serializer[Any]):
    """``POST register``; without ``userId`` the server makes one."""

    userId = NameField(required=False, allow_blank=True, allow_null=True, default="")
    deviceId = NameField()
    channel = serializers.CharField(required=False, max_length=20)
    channelType = serializers.CharField(required=False, allow_blank=True, max_length=_PLATFORM)
    customerId = serializers.CharField(required=False, allow_blank=True, max_length=100)
    tenant = serializers.CharField(required=False, allow_blank=True, max_length=100)
    data = DataSerializer(required=False)  # type: ignore[assignment]  # its documented name
    pinToken = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Of validatePin, where the app asks for a one-time PIN.",
    )


class PinBody(serializers.Serializer[Any]):
    """``POST generatePin``: whose PIN, and which device will validate it."""

    userId = NameField()
    deviceId = NameField()


class TypedPinBody(PinBody):
    """``POST validatePin``."""

    pin = serializers.CharField(max_length=20)


class ClientBody(serializers.Serializer[Any]):
    """A call of one device, named by its client id."""

    clientId = serializers.CharField(max_length=1024)


class UserIdBody(ClientBody):
    """``POST setUserId``."""

    userId = NameField()
    pinToken = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="As at register."
    )


class CustomerIdBody(ClientBody):
    """``POST setCustomerId``."""

    customerId = serializers.CharField(max_length=100)


class ProfileBody(ClientBody):
    """``POST profileupdate``: attributes, or with ``event`` something that has happened."""

    event = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")
    data = DataSerializer()  # type: ignore[assignment]  # its documented name


class TokenBody(serializers.Serializer[Any]):
    """``POST token``: new tokens for a refresh token."""

    refreshToken = serializers.CharField(max_length=200)


class DeleteMessageBody(ClientBody):
    """``POST message``: a user deletes a message."""

    tid = serializers.UUIDField()


class FeaturesAnswer(serializers.Serializer[Any]):
    """Switches, as the strings "0" and "1"."""

    realtimemessaging = serializers.CharField()
    basicpush = serializers.CharField()
    encryption = serializers.CharField()
    securedconnection = serializers.CharField()
    userpin = serializers.CharField(
        help_text="Whether a user ID is registered only with a one-time PIN."
    )


class TransportAnswer(serializers.Serializer[Any]):
    """A way to connect; ``port`` is that of the secured one, where the app asks for it."""

    name = serializers.CharField()
    port = serializers.IntegerField(required=False)


class WebPushAnswer(serializers.Serializer[Any]):
    """What a browser needs to subscribe."""

    applicationServerKey = serializers.CharField()
    iconUrl = serializers.CharField()


class PolicyAnswer(serializers.Serializer[Any]):
    """The policy that devices follow."""

    features = FeaturesAnswer()
    transports = TransportAnswer(many=True)
    encryptionKeyId = serializers.CharField(
        required=False, help_text="Another one than a device has: it asks for new tokens."
    )


class EncryptionAnswer(serializers.Serializer[Any]):
    """The key of a user's devices, where the app encrypts payloads."""

    encryptionType = serializers.CharField(required=False, help_text="AES-256-CBC")
    encryptionKey = serializers.CharField(required=False, help_text="32 bytes in base64.")
    encryptionKeyId = serializers.CharField(required=False)


class BrokerAnswer(serializers.Serializer[Any]):
    """Where to connect; a port that is not offered is missing."""

    ip = serializers.CharField()
    path = serializers.CharField()
    url = serializers.CharField()
    qos = serializers.CharField(help_text="At which QoS to subscribe; above it is no gain.")
    ws = serializers.CharField(required=False)
    wss = serializers.CharField(required=False)
    mqtt = serializers.CharField(required=False)
    mqtts = serializers.CharField(required=False)
    mqttHost = serializers.CharField(required=False)


class DoneAnswer(serializers.Serializer[Any]):
    """``code`` "0" means done; other codes come with a sentence."""

    status = serializers.CharField(required=False)
    code = serializers.CharField()
    description = serializers.CharField()


class PinSentAnswer(DoneAnswer):
    """The answer to ``generatePin``: the same whether a PIN was sent or not."""

    expiresIn = serializers.IntegerField(help_text="Seconds for which a PIN is good.")


class PinProofAnswer(DoneAnswer):
    """The answer to ``validatePin``."""

    pinToken = serializers.CharField(help_text="Good once, for the same user and device.")
    expiresIn = serializers.IntegerField(help_text="Seconds for which it is good.")


class PolicyCallAnswer(DoneAnswer):
    """The answer to ``verifyPolicy``."""

    appType = serializers.CharField()
    server_inbox_version = serializers.CharField(
        required=False, help_text="There for an app with the Server Side Inbox."
    )
    policy = PolicyAnswer()
    broker = BrokerAnswer()
    webPush = WebPushAnswer(required=False)


class TokensAnswer(DoneAnswer, EncryptionAnswer):
    """New tokens."""

    accessToken = serializers.CharField()
    refreshToken = serializers.CharField()
    expiresIn = serializers.IntegerField(help_text="Seconds until the access token expires.")


class NamesAnswer(DoneAnswer, EncryptionAnswer):
    """The names of a device on the broker."""

    userId = serializers.CharField()
    clientId = serializers.CharField()
    username = serializers.CharField()
    downlinkTopic = serializers.CharField()
    uplinkTopic = serializers.CharField()


class RegisterAnswer(PolicyCallAnswer, TokensAnswer, NamesAnswer):
    """The answer to ``register``."""

    appDomain = serializers.CharField()


def profile_of(values: dict[str, Any]) -> Profile:
    """Return what a body tells of the device."""
    update = dict((values.get("data") or {}).get("update") or {})
    push_id = update.pop("pushId", "")
    if isinstance(push_id, dict):
        push_id = msgspec.json.encode(push_id).decode()
    system = update.get("os") or values.get("channelType") or ""
    if not isinstance(push_id, str) or len(push_id) > _PUSH_ID:
        raise serializers.ValidationError({"data.update.pushId": "It is no push id."})
    platform = system if isinstance(system, str) else ""
    return Profile(
        platform=platform.strip()[:_PLATFORM], push_id=push_id, attributes=update or None
    )
