"""``/api/v1/apps/<id>/messenger-profile/`` and ``messenger-plugin/``: the advanced settings."""

from typing import Any, ClassVar

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.api.base import AppsViewSet
from imiconnect.apps.channel_types.facebook.config import (
    MAX_DOMAINS,
    MAX_GREETING,
    MAX_MENU,
    MAX_PAYLOAD,
    MAX_TITLE,
    OPEN_URL,
    POSTBACK,
)
from imiconnect.apps.channel_types.facebook.profile import save_profile
from imiconnect.apps.channel_types.facebook.snippets import (
    COLORS,
    PLUGINS,
    SIZES,
    Look,
    link,
    snippet,
)
from imiconnect.apps.channel_types.facebook.type import TYPE
from imiconnect.apps.models import App
from imiconnect.rest import checked_body


class MenuItemSerializer(serializers.Serializer[Any]):
    """An item of the persistent menu; ``value`` is the URL or the payload."""

    title = serializers.CharField(max_length=MAX_TITLE)
    type = serializers.ChoiceField(choices=[OPEN_URL, POSTBACK])
    value = serializers.CharField(max_length=MAX_PAYLOAD)


class MessengerProfileSerializer(serializers.Serializer[Any]):
    """Welcome message, Get Started payload (empty: no button), menu, and sites of plugins."""

    greeting = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_GREETING, trim_whitespace=False
    )
    get_started = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_PAYLOAD
    )
    menu: Any = serializers.ListSerializer(
        child=MenuItemSerializer(), required=False, max_length=MAX_MENU
    )
    domains = serializers.ListField(
        child=serializers.CharField(max_length=300), required=False, max_length=MAX_DOMAINS
    )


class PluginSerializer(serializers.Serializer[Any]):
    """A plugin as it is to look, on a site that is already among the domains."""

    plugin = serializers.ChoiceField(choices=[name for name, _label in PLUGINS])
    color = serializers.ChoiceField(choices=[name for name, _label in COLORS], default="blue")
    size = serializers.ChoiceField(choices=[name for name, _label in SIZES], default="large")
    site = serializers.CharField(max_length=300)
    ref = serializers.RegexField(r"^[A-Za-z0-9+/=\-.:_]{0,250}$", default="", allow_blank=True)


class CodeSerializer(serializers.Serializer[Any]):
    """What is pasted into a page, and the link to the conversation."""

    code = serializers.CharField()
    link = serializers.CharField()


class MessengerViewSet(AppsViewSet):
    """Advanced settings of a page: told to Meta, then kept."""

    channel_type = TYPE.slug
    serializer_class = MessengerProfileSerializer
    acts: ClassVar = {"partial_update": Act.MANAGE_APPS}

    @extend_schema(responses=MessengerProfileSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return what is set."""
        return Response(_shown(self.get_object()))

    @extend_schema(request=MessengerProfileSerializer, responses=MessengerProfileSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is named, at Meta and here; what Meta refuses is kept nowhere."""
        app = self.get_object()
        values = checked_body(MessengerProfileSerializer, request)
        if "menu" in values:
            values["menu"] = [dict(item) for item in values["menu"]]
        return Response(_shown(save_profile(app=app, **values) if values else app))

    @extend_schema(request=PluginSerializer, responses=CodeSerializer)
    def plugin(self, request: Request, pk: str) -> Response:
        """Return the code of a plugin."""
        app = self.get_object()
        look = Look(**checked_body(PluginSerializer, request))
        if not app.account:
            raise Http404
        return Response({"code": snippet(app.account, look), "link": link(app.account)})


def _shown(app: App) -> dict[str, Any]:
    empty: dict[str, Any] = {"greeting": "", "get_started": "", "menu": [], "domains": []}
    return {name: app.config.get(name, nothing) for name, nothing in empty.items()}


urlpatterns = [
    path(
        "messenger-profile/",
        MessengerViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="api-messenger-profile",
    ),
    path(
        "messenger-plugin/",
        MessengerViewSet.as_view({"post": "plugin"}),
        name="api-messenger-plugin",
    ),
]
