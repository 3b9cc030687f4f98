"""``/api/v1/apps/<id>/welcome-screen/`` and ``message-button/`` of a Twitter account."""

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.api.base import AppsViewSet
from imiconnect.apps.channel_types.twitter.config import ATTACHMENTS, MAX_OPTIONS
from imiconnect.apps.channel_types.twitter.forms import CodeForm
from imiconnect.apps.channel_types.twitter.type import TYPE
from imiconnect.apps.channel_types.twitter.views import button_code
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.models import App
from imiconnect.rest import checked_body

_SIZES = [str(value) for value, _label in getattr(CodeForm.base_fields["size"], "choices", [])]
_EMPTY: dict[str, Any] = {
    "welcome": "",
    "attachment_type": "",
    "attachment_url": "",
    "quick_replies": [],
}


class WelcomeReplySerializer(serializers.Serializer[Any]):
    """A button below the welcome message; ``metadata`` comes back when it is pressed."""

    label = serializers.CharField()  # type: ignore[assignment]  # the name that X has
    description = serializers.CharField(default="", allow_blank=True)
    metadata = serializers.CharField(default="", allow_blank=True)


class WelcomeScreenSerializer(serializers.Serializer[Any]):
    """What is shown to somebody who opens the conversation; an empty text shows nothing."""

    welcome = serializers.CharField(required=False, allow_blank=True)
    attachment_type = serializers.CharField(
        required=False, allow_blank=True, help_text=", ".join(filter(None, ATTACHMENTS))
    )
    attachment_url = serializers.CharField(required=False, allow_blank=True)
    quick_replies: Any = serializers.ListSerializer(
        child=WelcomeReplySerializer(), required=False, max_length=MAX_OPTIONS
    )


class MessageButtonSerializer(serializers.Serializer[Any]):
    """The button as it is to look; ``text`` is what the message begins with."""

    text = serializers.CharField(default="", allow_blank=True)
    size = serializers.CharField(default="", allow_blank=True)

    def validate_size(self, value: str) -> str:
        """Take the sizes of X."""
        if value and value not in _SIZES:
            raise serializers.ValidationError(", ".join(_SIZES))
        return value


class ButtonCodeSerializer(serializers.Serializer[Any]):
    """What is pasted into a page."""

    code = serializers.CharField()


class TwitterViewSet(AppsViewSet):
    """Advanced settings of an account: told to X, then kept."""

    channel_type = TYPE.slug
    serializer_class = WelcomeScreenSerializer
    acts: ClassVar = {"partial_update": Act.MANAGE_APPS}

    @extend_schema(responses=WelcomeScreenSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return what is set."""
        return Response(_shown(self.get_object()))

    @extend_schema(request=WelcomeScreenSerializer, responses=WelcomeScreenSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named, at X and here; what X refuses is kept nowhere."""
        app = self.get_object()
        values = checked_body(WelcomeScreenSerializer, request)
        if "quick_replies" in values:
            values["quick_replies"] = [dict(item) for item in values["quick_replies"]]
        return Response(_shown(save_welcome(app=app, **values) if values else app))

    @extend_schema(request=MessageButtonSerializer, responses=ButtonCodeSerializer)
    def button(self, request: Request, pk: str) -> Response:
        """Return the code of the message button."""
        values = checked_body(MessageButtonSerializer, request)
        size = values["size"] or _SIZES[0]
        return Response({"code": button_code(self.get_object(), values["text"], size)})


def _shown(app: App) -> dict[str, Any]:
    return {name: app.config.get(name, nothing) for name, nothing in _EMPTY.items()}


urlpatterns = [
    path(
        "welcome-screen/",
        TwitterViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="api-twitter-welcome",
    ),
    path(
        "message-button/", TwitterViewSet.as_view({"post": "button"}), name="api-twitter-button"
    ),
]
