"""``/api/v1/services/``: the same services as the pages."""

from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.levels import level_named
from imiconnect.accounts.roles import Act
from imiconnect.apps.api.serializers import KeepSerializer, SecretSerializer
from imiconnect.apps.models import App
from imiconnect.keys import Overlap
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.sharing import services
from imiconnect.sharing.allocations import holders_of
from imiconnect.sharing.api.serializers import (
    AllocationSerializer,
    ChangedServiceSerializer,
    NewAllocationSerializer,
    NewServiceSerializer,
    ServiceSerializer,
    ServiceWithKeySerializer,
)
from imiconnect.sharing.models import Service
from imiconnect.sharing.probing import check_answers


class ServiceViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, MemberViewSet):
    """Services of the caller's level and below."""

    queryset = Service.objects.none()
    serializer_class = ServiceSerializer
    acts: ClassVar = {
        "create": Act.MANAGE_SERVICES,
        "partial_update": Act.MANAGE_SERVICES,
        "destroy": Act.MANAGE_SERVICES,
        "allocate": Act.ALLOCATE,
        "deallocate": Act.ALLOCATE,
        "key": Act.REVEAL_SECRETS,
        "regenerate_key": Act.MANAGE_SERVICES,
        "signing_secret": Act.REVEAL_SECRETS,
        "rotate_signing_secret": Act.MANAGE_SERVICES,
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return the services that the caller may see."""
        return self.visible(Service.objects.visible_to)

    @extend_schema(request=NewServiceSerializer, responses={201: ServiceWithKeySerializer})
    @transaction.atomic
    def create(self, request: Request) -> Response:
        """Create a draft service; the answer shows its key once."""
        values = checked_body(NewServiceSerializer, request)
        asked = values.pop("level")
        level = level_named(self.member, asked) if asked else None
        service = services.create_service(member=self.member, level=level, **values)
        key = {"service_key": services.current_key(service).secret}
        return Response(ServiceSerializer(service).data | key, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedServiceSerializer, responses=ServiceSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change name, description, callback settings or state."""
        service = self.get_object()
        values = checked_body(ChangedServiceSerializer, request)
        for name in ("receipt_url", "inbound_url"):
            if values.get(name, "") not in ("", getattr(service, name)):
                check_answers(values[name], field=name, save_anyway=values["save_anyway"])
        return Response(ServiceSerializer(_changed(service, values)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a service; 409 with the reasons while it is in use."""
        services.delete_service(service=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=AllocationSerializer(many=True))
    @action(detail=True, url_path="allocations", pagination_class=None)
    def allocations(self, request: Request, pk: str) -> Response:
        """List the apps that a service uses."""
        rows = self.get_object().allocations.with_usable().order_by("id")
        return Response(AllocationSerializer(rows, many=True).data)

    @extend_schema(request=NewAllocationSerializer, responses={201: AllocationSerializer})
    @allocations.mapping.post
    def allocate(self, request: Request, pk: str) -> Response:
        """Let a service use an app of its level, or one shared with it."""
        service = self.get_object()
        body = checked_body(NewAllocationSerializer, request)
        app = get_object_or_404(App.objects.visible_to(self.member), pk=body["app"])
        allocation = services.allocate(service=service, app=app, **holder_in(service, body))
        row = service.allocations.with_usable().get(pk=allocation.pk)
        data = AllocationSerializer(row).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @action(
        detail=True, methods=["delete"], url_path="allocations/(?P<allocation>[0-9a-f-]{36})"
    )
    def deallocate(self, request: Request, pk: str, allocation: str) -> Response:
        """Take an app away from a service."""
        rows = self.get_object().allocations.select_related("app")
        services.deallocate(allocation=get_object_or_404(rows, pk=allocation))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="key/reveal")
    def key(self, request: Request, pk: str) -> Response:
        """Return the service key; the reading is recorded."""
        return Response({"secret": services.reveal_key(service=self.get_object())})

    @extend_schema(request=KeepSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="key/regenerate")
    def regenerate_key(self, request: Request, pk: str) -> Response:
        """Make a new service key and return it; the old one works for ``keep_seconds``."""
        keep = Overlap(checked_body(KeepSerializer, request)["keep_seconds"])
        key = services.regenerate_key(service=self.get_object(), keep=keep)
        return Response({"secret": key.secret})

    @extend_schema(request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="signing-secret/reveal")
    def signing_secret(self, request: Request, pk: str) -> Response:
        """Return the signing secret; the reading is recorded."""
        secret = services.reveal_signing_secret(service=self.get_object())
        return Response({"secret": secret})

    @extend_schema(request=KeepSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="signing-secret/regenerate")
    def rotate_signing_secret(self, request: Request, pk: str) -> Response:
        """Make a new signing secret; both sign for ``keep_seconds``."""
        keep = Overlap(checked_body(KeepSerializer, request)["keep_seconds"])
        secret = services.rotate_signing_secret(service=self.get_object(), keep=keep)
        return Response({"secret": secret})


def holder_in(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    """Return the team or the user that a body names; 404 for one that sees not the service."""
    teams, people = holders_of(service)
    seats = people.select_related("user")
    return {
        "team": get_object_or_404(teams, pk=body["team"]) if body["team"] else None,
        "user": get_object_or_404(seats, user=body["user"]).user if body["user"] else None,
    }


@transaction.atomic
def _changed(service: Service, values: dict[str, Any]) -> Service:
    """Write what was asked for, all or nothing."""
    if {"name", "description"} & values.keys():
        service = services.update_service(
            service=service,
            name=values.get("name", service.name),
            description=values.get("description"),
        )
    if {"receipt_url", "receipt_kinds"} & values.keys():
        service = services.set_outbound(
            service=service,
            receipt_url=values.get("receipt_url", service.receipt_url),
            receipt_kinds=values.get("receipt_kinds", service.receipt_kinds),
        )
    if {"inbound_url", "typing_events"} & values.keys():
        service = services.set_inbound(
            service=service,
            inbound_url=values.get("inbound_url", service.inbound_url),
            typing_events=values.get("typing_events"),
        )
    if {"sms_purpose", "sms_quiet_hours"} & values.keys():
        service = services.set_sms(
            service=service,
            purpose=values.get("sms_purpose", service.sms_purpose),
            quiet_hours=values.get("sms_quiet_hours", service.sms_quiet_hours),
        )
    if "allowed_sources" in values:
        service = services.set_sources(service=service, sources=values["allowed_sources"])
    if "state" in values:
        service = services.set_state(service=service, state=values["state"])
    return service
