"""``/api/v1/numbers/``: Sender IDs, keywords, short codes, offline requests, reference data."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, pagination, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.numbers.api import serializers as s
from imiconnect.numbers.api.reference_serializers import (
    RateSerializer,
    RestrictionSerializer,
    ShortCodeFormatSerializer,
)
from imiconnect.numbers.api.views import NumbersApi, country_of
from imiconnect.numbers.forms.codes import wish_of
from imiconnect.numbers.models import OfflineRequest, RateCard, ShortCodeFormat, SmsRestriction
from imiconnect.numbers.services import keywords, offline, senders, short_codes
from imiconnect.rest import checked_body


class RequestViewSet(NumbersApi):
    """What is asked for beside phone numbers."""

    serializer_class: Any = s.NumberSerializer

    @extend_schema(request=s.SenderSerializer, responses={201: s.NumberSerializer})
    @action(detail=False, methods=["post"], url_path="sender-ids")
    def sender_ids(self, request: Request) -> Response:
        """Ask for a Sender ID."""
        values = checked_body(s.SenderSerializer, request)
        country = country_of(values["country"])
        return self.number(
            senders.request_sender_id(member=self.member, code=values["code"], country=country)
        )

    @extend_schema(request=s.KeywordDetailsSerializer, responses={201: s.NumberSerializer})
    @action(detail=False, methods=["post"])
    def keywords(self, request: Request) -> Response:
        """Ask for a keyword."""
        values = checked_body(s.KeywordDetailsSerializer, request)
        details = {name: values[name] for name in keywords.DETAILS}
        return self.number(
            keywords.request_keyword(member=self.member, wish=wish_of(values), **details)
        )

    @extend_schema(request=s.KeywordSerializer, responses=s.KeywordPreviewSerializer)
    @action(detail=False, methods=["post"], url_path="keywords/preview")
    def preview(self, request: Request) -> Response:
        """Say which code a keyword would get, and warn of look-alikes; changes nothing."""
        wish = wish_of(checked_body(s.KeywordSerializer, request))
        found = keywords.preview(member=self.member, wish=wish)
        return Response(s.KeywordPreviewSerializer(found).data)

    @extend_schema(responses=s.KeywordCodeSerializer(many=True))
    @action(detail=False, url_path="keyword-codes", pagination_class=None)
    def keyword_codes(self, request: Request) -> Response:
        """List the codes for keywords: the organization's own, then shared default codes."""
        own = keywords.own_codes(self.member.organization_id)
        codes = dict.fromkeys([*own, *keywords.default_codes()])
        return Response(s.KeywordCodeSerializer(codes, many=True).data)

    @extend_schema(request=s.ShortCodeSerializer, responses={201: s.NumberSerializer})
    @action(detail=False, methods=["post"], url_path="short-codes")
    def short_codes(self, request: Request) -> Response:
        """Ask support for a short code."""
        values = checked_body(s.ShortCodeSerializer, request)
        wish = short_codes.Wish(**{**values, "country": country_of(values["country"])})
        return self.number(short_codes.request_short_code(member=self.member, wish=wish))


class OfflineViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, NumbersApi):
    """Offline requests and support's answers."""

    queryset: Any = OfflineRequest.objects.none()
    serializer_class: Any = s.OfflineSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's requests."""
        return self.visible(OfflineRequest.objects.visible_to)

    @extend_schema(request=s.OfflineSerializer, responses={201: s.OfflineSerializer})
    def create(self, request: Request) -> Response:
        """Ask for numbers that are not offered."""
        values = checked_body(s.OfflineSerializer, request)
        made = offline.place_request(member=self.member, **values)
        return Response(s.OfflineSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=s.OfflineSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back a request that support has not answered."""
        wish = self.get_object()
        offline.withdraw(member=self.member, request=wish)
        return Response(s.OfflineSerializer(wish).data)


class ByCountry(pagination.CursorPagination):
    """Reference data in the order of countries."""

    ordering = ("country_id", "id")
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 400


class _Reference(mixins.ListModelMixin, NumbersApi):
    """Reference data, filtered by ``country``."""

    pagination_class = ByCountry

    def get_queryset(self) -> QuerySet[Any]:
        """Return every row, or those of one country; an unknown one is refused."""
        rows: QuerySet[Any] = vars(type(self))["queryset"].all()
        country = self.request.query_params.get("country") if self.request else None
        return rows.filter(country=country_of(country)) if country else rows


class RateViewSet(_Reference):
    """What each type of number costs and needs."""

    queryset: Any = RateCard.objects.all()
    serializer_class: Any = RateSerializer


class ShortCodeFormatViewSet(_Reference):
    """How many digits short codes have in each country; elsewhere 5 or 7."""

    queryset: Any = ShortCodeFormat.objects.all()
    serializer_class: Any = ShortCodeFormatSerializer


class RestrictionViewSet(_Reference):
    """What each country allows and forbids for SMS."""

    queryset: Any = SmsRestriction.objects.select_related("country").prefetch_related(
        "country__sms_hours", "country__sms_content_rules"
    )
    serializer_class: Any = RestrictionSerializer
