"""``/api/v1/channel-types/`` and ``/api/v1/app-authorizations/``: what the wizards do."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.apps import authorizations, services
from imiconnect.apps.api.serializers import (
    AppOfAuthorizationSerializer,
    AppSerializer,
    AuthorizationSerializer,
    BegunAuthorizationSerializer,
    ChannelTypeSerializer,
    NewAuthorizationSerializer,
)
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.models import App, Authorization
from imiconnect.rest import MemberViewSet, checked_body


def begun(row: Authorization, url: str) -> dict[str, Any]:
    """Return the answer for a login that has begun."""
    return dict(
        BegunAuthorizationSerializer(
            {"id": row.pk, "url": url, "expires_at": row.expires_at}
        ).data
    )


class ChannelTypeViewSet(MemberViewSet):
    """The channel types that there are."""

    queryset = App.objects.none()
    serializer_class = ChannelTypeSerializer
    pagination_class = None

    @extend_schema(responses=ChannelTypeSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Return every type with what its apps need."""
        rows = [_described(kind) for kind in registry.all_types()]
        return Response(ChannelTypeSerializer(rows, many=True).data)


def _described(kind: ChannelType) -> dict[str, Any]:
    return {
        "slug": kind.slug,
        "name": kind.name,
        "channel": kind.channel,
        "credentials": kind.secret_labels,
        "has_login": bool(kind.linking),
        "prerequisites": [
            {"text": n.text, "url": n.url, "is_met": n.is_met() if n.is_met else None}
            for n in kind.prerequisites
        ],
    }


class AuthorizationViewSet(mixins.RetrieveModelMixin, MemberViewSet):
    """Logins at providers, of the caller alone."""

    queryset = Authorization.objects.none()
    serializer_class = AuthorizationSerializer
    acts: ClassVar = {"create": Act.MANAGE_APPS, "make_app": Act.MANAGE_APPS}

    def get_queryset(self) -> QuerySet[Any]:
        """Return those of the person who calls, until they end."""

        def own(member: Member) -> QuerySet[Any]:
            lasting = Authorization.objects.filter(expires_at__gt=timezone.now())
            return lasting.filter(member=member.pk)

        return self.visible(own)

    @extend_schema(
        request=NewAuthorizationSerializer, responses={201: BegunAuthorizationSerializer}
    )
    def create(self, request: Request) -> Response:
        """Begin a login; ``url`` is the provider's page, for the person's browser."""
        values = checked_body(NewAuthorizationSerializer, request)
        row, url = authorizations.begin(
            member=self.member,
            channel_type=values["channel_type"],
            return_path=reverse("apps:configure", args=[values["channel_type"]]),
        )
        return Response(begun(row, url), status=status.HTTP_201_CREATED)

    @extend_schema(responses=AuthorizationSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a login with the accounts that it grants."""
        row = self.get_object()
        granted = row.granted_at is not None
        offers = authorizations.offers(row) if granted else []
        return Response(
            {
                "id": row.pk,
                "channel_type": row.channel_type,
                "granted": granted,
                "granted_by": authorizations.granted_by(row) if granted else "",
                "accounts": [
                    {
                        "account": offer.choice.account,
                        "name": offer.choice.name,
                        "taken": offer.taken,
                        "obstacle": str(offer.choice.obstacle),
                    }
                    for offer in offers
                ],
            }
        )

    @extend_schema(request=AppOfAuthorizationSerializer, responses={201: AppSerializer})
    @action(detail=True, methods=["post"], url_path="apps")
    def make_app(self, request: Request, pk: str) -> Response:
        """Make an app of one of the accounts that a login grants."""
        row = self.get_object()
        values = checked_body(AppOfAuthorizationSerializer, request)
        choice = authorizations.chosen(row, values["account"])
        app = services.create_app(
            member=self.member,
            name=values["name"],
            channel_type=row.channel_type,
            config=choice.config,
            secrets=choice.secrets,
        )
        return Response(AppSerializer(app).data, status=status.HTTP_201_CREATED)
