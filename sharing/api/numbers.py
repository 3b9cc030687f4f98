"""``/api/v1/services/<id>/numbers/``: the numbers that a service uses on SMS and voice."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.numbers.models import Number
from imiconnect.rest import MemberViewSet, checked_body
from imiconnect.sharing import services
from imiconnect.sharing.api.serializers import (
    NewNumberAllocationSerializer,
    NumberAllocationSerializer,
)
from imiconnect.sharing.api.views import holder_in
from imiconnect.sharing.models import NumberAllocation, Service
from imiconnect.sharing.number_allocations import choose_inbound


class ServiceNumberViewSet(MemberViewSet):
    """Short codes, phone numbers, keywords and the Sender ID of one service."""

    queryset = Service.objects.none()
    serializer_class = NumberAllocationSerializer
    acts: ClassVar = {
        "create": Act.ALLOCATE,
        "destroy": Act.ALLOCATE,
        "receive": Act.ALLOCATE,
    }

    def get_queryset(self) -> QuerySet[Any]:
        """Return the services that the caller may see."""
        return self.visible(Service.objects.visible_to)

    @extend_schema(responses=NumberAllocationSerializer(many=True))
    def list(self, request: Request, pk: str) -> Response:
        """List the numbers that a service uses, longest used first."""
        rows = self.get_object().number_allocations.select_related("number").order_by("id")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(NumberAllocationSerializer(page, many=True).data)

    @extend_schema(
        request=NewNumberAllocationSerializer, responses={201: NumberAllocationSerializer}
    )
    def create(self, request: Request, pk: str) -> Response:
        """Map a number to a service on a channel."""
        service = self.get_object()
        body = checked_body(NewNumberAllocationSerializer, request)
        number = get_object_or_404(Number.objects.visible_to(self.member), pk=body["number"])
        allocation = services.allocate_number(
            service=service,
            number=number,
            channel=body["channel"],
            **holder_in(service, body),
        )
        data = NumberAllocationSerializer(allocation).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str, mapping: str) -> Response:
        """Take a number away from a service."""
        services.deallocate_number(allocation=self._mapping(mapping))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=NumberAllocationSerializer)
    def receive(self, request: Request, pk: str, mapping: str) -> Response:
        """Let this service get what comes in over the number."""
        allocation = self._mapping(mapping)
        choose_inbound(allocation=allocation)
        allocation.refresh_from_db()
        return Response(NumberAllocationSerializer(allocation).data)

    def _mapping(self, mapping: str) -> NumberAllocation:
        rows = self.get_object().number_allocations.select_related("number", "service")
        found: NumberAllocation = get_object_or_404(rows, pk=mapping)
        return found
