"""``/api/v1/apps/<id>/push/``: the same services and checks as the pages."""

import base64
import binascii
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import Http404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps.api.base import AppsViewSet
from imiconnect.apps.channel_types.mobile_web.push.forms import FORMS
from imiconnect.apps.channel_types.mobile_web.views import platforms_of
from imiconnect.apps.models import App
from imiconnect.apps.policy import policy_of
from imiconnect.apps.ports import PushDevices, answers
from imiconnect.apps.push import services
from imiconnect.apps.push.credentials import (
    METHODS,
    Gateway,
    Platform,
    WebPush,
    facts_of,
)
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.rest import checked_body


class PushSerializer(serializers.Serializer[Any]):
    """How a platform is pushed to: what may be seen of it."""

    platform = serializers.ChoiceField(choices=Platform.choices)
    method = serializers.ChoiceField(choices=list(METHODS))
    key_id = serializers.CharField(required=False)
    team_id = serializers.CharField(required=False)
    bundle = serializers.CharField(required=False)
    gateway = serializers.CharField(required=False)
    valid_until = serializers.DateTimeField(required=False)
    project_id = serializers.CharField(required=False)
    client_email = serializers.CharField(required=False)
    public_key = serializers.CharField(required=False)
    site_url = serializers.CharField(required=False)
    contact = serializers.CharField(required=False)
    icon_url = serializers.CharField(required=False)
    devices = serializers.IntegerField(required=False, help_text="Devices that take push.")
    dead_devices = serializers.IntegerField(
        required=False, help_text="Given up by the push service in the last 7 days."
    )
    last_sent_at = serializers.DateTimeField(required=False, allow_null=True)
    last_failed_at = serializers.DateTimeField(required=False, allow_null=True)
    last_failure = serializers.CharField(required=False)


class NewPushSerializer(serializers.Serializer[Any]):
    """Credentials; which fields are needed depends on the method."""

    method = serializers.ChoiceField(choices=list(METHODS))
    file = serializers.CharField(
        required=False,
        max_length=100_000,
        write_only=True,
        help_text="The key file in base64; PEM and JSON may be given as they are.",
    )
    filename = serializers.CharField(required=False, max_length=100)
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=200, write_only=True, trim_whitespace=False
    )
    key_id = serializers.CharField(required=False, max_length=20)
    team_id = serializers.CharField(required=False, max_length=20)
    bundle = serializers.CharField(required=False, max_length=150)
    gateway = serializers.ChoiceField(
        choices=Gateway.choices, required=False, default=Gateway.PRODUCTION
    )
    site_url = serializers.CharField(required=False, max_length=500)
    icon_url = serializers.CharField(required=False, allow_blank=True, max_length=500)
    contact = serializers.CharField(required=False, max_length=254)


def _health_of(app: App, platform: str) -> dict[str, Any]:
    """Return what came of pushing to a platform."""
    row = app.push_health.filter(platform=platform).first()
    devices = answers.push_devices(app).get(platform, PushDevices())
    return {
        "devices": devices.live,
        "dead_devices": devices.dead,
        "last_sent_at": row.last_sent_at if row else None,
        "last_failed_at": row.last_failed_at if row else None,
        "last_failure": row.last_failure if row else "",
    }


class PushViewSet(AppsViewSet):
    """How the devices of an app are pushed to, by platform; keys never come back."""

    serializer_class = PushSerializer
    pagination_class = None
    acts: ClassVar = {"configure": Act.MANAGE_APPS, "remove": Act.MANAGE_APPS}

    def _app(self, platform: str = "") -> App:
        app: App = self.get_object()
        known = [item.value for item in platforms_of(app)]
        if not known or (platform and platform not in known):
            raise Http404
        return app

    @extend_schema(responses=PushSerializer(many=True))
    def list(self, request: Request, pk: str) -> Response:
        """Return what is configured."""
        app = self._app()
        configured = secrets_of(app).push
        shown = [
            {"platform": name, **facts_of(item), **_health_of(app, name)}
            for name, item in configured.items()
        ]
        return Response(PushSerializer(shown, many=True).data)

    @extend_schema(request=NewPushSerializer, responses=PushSerializer)
    def configure(self, request: Request, pk: str, platform: str) -> Response:
        """Set the credentials of a platform; what is wrong with a file is said."""
        app = self._app(platform)
        values = checked_body(NewPushSerializer, request)
        method = values.pop("method")
        if platform not in METHODS[method].platforms:
            sentence = _("This push service is not for this platform.")
            raise ValidationError({"method": [sentence]})
        before = services.credentials_of(app, platform)
        more = {"before": before} if isinstance(before, WebPush) else {}
        form = FORMS[method](_form_data(values), **(more if method == "web_push" else {}))
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        services.configure_push(app=app, platform=platform, credentials=form.credentials)
        shown = {
            "platform": platform,
            **facts_of(form.credentials),
            **_health_of(app, platform),
        }
        return Response(PushSerializer(shown).data)

    @extend_schema(responses={204: None})
    def remove(self, request: Request, pk: str, platform: str) -> Response:
        """Forget the credentials of a platform."""
        services.remove_push(app=self._app(platform), platform=platform)
        return Response(status=status.HTTP_204_NO_CONTENT)


class JwtSecretSerializer(serializers.Serializer[Any]):
    """The pre-shared secret of JWT authorization."""

    jwt_secret = serializers.CharField(
        max_length=1000, write_only=True, help_text="Base64 of at least 32 bytes."
    )


class JwtSecretViewSet(AppsViewSet):
    """The secret with which the customer's server signs the tokens of devices."""

    serializer_class = JwtSecretSerializer
    acts: ClassVar = {"change": Act.MANAGE_APPS}

    @extend_schema(request=JwtSecretSerializer, responses={204: None})
    def change(self, request: Request, pk: str) -> Response:
        """Set the secret; it does not come back."""
        app: App = self.get_object()
        if not platforms_of(app):
            raise Http404
        values = checked_body(JwtSecretSerializer, request)
        services.set_jwt_secret(app=app, secret=values["jwt_secret"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class PayloadKeySerializer(serializers.Serializer[Any]):
    """Which key for payloads is in force; the key itself is told to devices alone."""

    key_id = serializers.CharField(read_only=True)


class PayloadKeyViewSet(AppsViewSet):
    """The key from which those of an app's users are derived."""

    serializer_class = PayloadKeySerializer
    acts: ClassVar = {"renew": Act.MANAGE_APPS}

    @extend_schema(request=None, responses=PayloadKeySerializer)
    def renew(self, request: Request, pk: str) -> Response:
        """Make another key; 404 where the app encrypts nothing."""
        app: App = self.get_object()
        if not policy_of(app).payload_encryption:
            raise Http404
        changed = services.renew_payload_key(app=app)
        key_id = secrets_of(changed).payload_key_id
        return Response(PayloadKeySerializer({"key_id": key_id}).data)


def _form_data(values: dict[str, Any]) -> dict[str, str]:
    """Return a body as the forms read it: the file is ``<name>:<base64>``."""
    data = {name: str(value) for name, value in values.items()}
    text, name = data.pop("file", ""), data.pop("filename", "file")
    if not text:
        return data
    if text.lstrip().startswith(("-----BEGIN", "{")):
        return {**data, "file": f"{name}:{base64.b64encode(text.encode()).decode()}"}
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError({"file": [_("File must be base64, PEM or JSON.")]}) from None
    return {**data, "file": f"{name}:{text}"}


urlpatterns = [
    path("jwt-secret/", JwtSecretViewSet.as_view({"put": "change"}), name="api-app-jwt"),
    path(
        "payload-key/", PayloadKeyViewSet.as_view({"post": "renew"}), name="api-app-payload-key"
    ),
    path("push/", PushViewSet.as_view({"get": "list"}), name="api-app-push-list"),
    path(
        "push/<str:platform>/",
        PushViewSet.as_view({"put": "configure", "delete": "remove"}),
        name="api-app-push",
    ),
]
