"""``/api/v1/apps/``: the same services as the pages."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.apps import authorizations, credentials, health, services
from imiconnect.apps.api.authorizations import begun
from imiconnect.apps.api.base import AppsViewSet
from imiconnect.apps.api.serializers import (
    AppSerializer,
    AppWithKeySerializer,
    BegunAuthorizationSerializer,
    ChangedAppSerializer,
    CredentialsSerializer,
    KeepSerializer,
    NewAppSerializer,
    SecretSerializer,
    StorageSerializer,
    merged,
)
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.policy import Policy, policy_of
from imiconnect.apps.ports import answers
from imiconnect.keys import Overlap
from imiconnect.rest import checked_body

KEPT_BY_PROVIDER = _(
    "The provider has a copy of this configuration: change it by the routes of the channel, "
    "or by a new login."
)


class AppViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, AppsViewSet):
    """Channel apps of the caller's level and below, and those shared with it."""

    serializer_class = AppSerializer
    acts: ClassVar = {
        "create": Act.MANAGE_APPS,
        "partial_update": Act.MANAGE_APPS,
        "destroy": Act.MANAGE_APPS,
        "client_key": Act.REVEAL_SECRETS,
        "regenerate_client_key": Act.MANAGE_APPS,
        "replace_credentials": Act.MANAGE_APPS,
        "reveal_credential": Act.REVEAL_SECRETS,
        "check": Act.MANAGE_APPS,
        "reconnect": Act.MANAGE_APPS,
    }

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Fetch what the answer shows beside the app's own columns."""
        rows = super().filter_queryset(queryset)
        return rows.select_related("checkup").prefetch_related("expiries")

    @extend_schema(request=NewAppSerializer, responses={201: AppWithKeySerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Create an app at the caller's level; the answer shows the client key once."""
        values = checked_body(NewAppSerializer, request)
        app = services.create_app(
            member=self.member,
            name=values["name"],
            channel_type=values["channel_type"],
            config=values["config"],
            policy=merged(Policy(), values.get("policy", {})),
            secrets=values["credentials"],
        )
        has_key = registry.get(app.channel_type).can(Capability.CLIENT_KEY)
        key = {"client_key": services.current_client_key(app).secret if has_key else ""}
        return Response(AppSerializer(app).data | key, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedAppSerializer, responses=AppSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, configuration, policy or state."""
        app = self.get_object()
        values = checked_body(ChangedAppSerializer, request)
        kind = registry.get(app.channel_type)
        # What a login or the provider itself has named is not typed.
        if "config" in values and (kind.linking or not kind.wizard):
            raise ValidationError({"config": [KEPT_BY_PROVIDER]})
        if {"name", "config"} & values.keys():
            app = services.update_app(
                app=app, name=values.get("name"), config=values.get("config")
            )
        if "policy" in values:
            policy = merged(policy_of(app), values["policy"])
            app = services.set_policy(app=app, policy=policy)
        if "state" in values:
            app = services.set_app_state(app=app, state=values["state"])
        return Response(AppSerializer(app).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an app; 409 with the reasons while it is in use."""
        services.delete_app(app=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="client-key/reveal")
    def client_key(self, request: Request, pk: str) -> Response:
        """Return the client key; the reading is recorded."""
        return Response({"secret": services.reveal_client_key(app=self.get_object())})

    @extend_schema(request=KeepSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="client-key/regenerate")
    def regenerate_client_key(self, request: Request, pk: str) -> Response:
        """Make a new client key and return it; the old one works for ``keep_seconds``."""
        values = checked_body(KeepSerializer, request)
        keep = Overlap(values["keep_seconds"])
        key = services.regenerate_client_key(app=self.get_object(), keep=keep)
        return Response({"secret": key.secret})

    @extend_schema(request=CredentialsSerializer, responses=AppSerializer)
    @action(detail=True, methods=["put"], url_path="credentials")
    def replace_credentials(self, request: Request, pk: str) -> Response:
        """Replace the credentials that are named; the app is checked anew."""
        app = self.get_object()
        values = checked_body(CredentialsSerializer, request)
        app = credentials.replace_secrets(app=app, secrets=values["credentials"])
        return Response(AppSerializer(app).data)

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="credentials/(?P<name>[a-z_]+)/reveal")
    def reveal_credential(self, request: Request, pk: str, name: str) -> Response:
        """Return one credential; the reading is recorded."""
        return Response({"secret": credentials.reveal_secret(app=self.get_object(), name=name)})

    @extend_schema(request=None, responses=AppSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Ask the provider now whether the app works."""
        app = self.get_object()
        health.check_now(app=app)
        return Response(AppSerializer(self.get_object()).data)

    @extend_schema(responses=StorageSerializer)
    @action(detail=True, pagination_class=None)
    def storage(self, request: Request, pk: str) -> Response:
        """Tell how many bytes of files an app keeps, and how many it may."""
        app = self.get_object()
        found = answers.storage(app, self.member)
        days = {"left": found.left, "kept_days": policy_of(app).media_days}
        return Response(StorageSerializer(asdict(found) | days).data)

    @extend_schema(request=None, responses={201: BegunAuthorizationSerializer})
    @action(detail=True, methods=["post"])
    def reconnect(self, request: Request, pk: str) -> Response:
        """Begin a login that gives this app new credentials; its history stays."""
        app = self.get_object()
        row, url = authorizations.begin(
            member=self.member, channel_type=app.channel_type, app=app,
            return_path=reverse("apps:manage", args=[app.pk]),
        )  # fmt: skip
        return Response(begun(row, url), status=status.HTTP_201_CREATED)
