"""``/api/v1/numbers/``: the same services as the pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.accounts.roles import Act
from imiconnect.identity import uuid7
from imiconnect.numbers.api import serializers as s
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Address, Country, Number, PhoneLine, RateCard, ShortCode
from imiconnect.numbers.ports import answers, uses_of
from imiconnect.numbers.services import (
    addresses,
    buying,
    history,
    lines,
    releasing,
    searching,
    senders,
    withdrawing,
)
from imiconnect.numbers.services.trying import try_text
from imiconnect.rest import InUse, MemberViewSet, checked_body

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, "header", description="The same key again is the same order."
)


def country_of(iso2: str) -> Country:
    """Return a country; raises ``ValidationError`` at ``country``."""
    found = Country.objects.filter(pk=iso2.upper()).first()
    if found is None:
        raise ValidationError({"country": ["There is no such country."]})
    return found


class NumbersApi(MemberViewSet):
    """Calls on numbers; every write needs the right to manage numbers."""

    queryset: Any = Number.objects.none()

    def act_of(self, action: str | None) -> Act:
        """Return reading for GET, managing for the rest."""
        reads = self.request.method in ("GET", "HEAD", "OPTIONS")
        return Act.READ if reads else Act.MANAGE_NUMBERS

    def handle_exception(self, exc: Exception) -> Any:
        """Answer 409 where something uses the number."""
        if isinstance(exc, history.Blocked):
            exc = InUse(" ".join(str(blocker.text) for blocker in exc.blockers))
        return super().handle_exception(exc)

    def number(self, number: Number, made: bool = True) -> Response:
        """Answer with a number."""
        code = status.HTTP_201_CREATED if made else status.HTTP_200_OK
        number.refresh_from_db()
        return Response(s.NumberSerializer(number).data, status=code)


class NumberViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, NumbersApi):
    """Numbers of the organization, newest first."""

    serializer_class: Any = s.NumberSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return what may be seen, narrowed by the query."""
        rows: Any = self.visible(Number.objects.visible_to).select_related("short_code")
        if self.action == "retrieve":
            rows = rows.select_related("order", "keyword_details", "short_code_request")
        if self.action == "list":
            rows = self._narrowed(rows)
        found: QuerySet[Any] = rows
        return found

    def _narrowed(self, rows: Any) -> Any:
        asked = s.FilterSerializer(
            data={name: text for name, text in self.request.query_params.items() if text}
        )
        asked.is_valid(raise_exception=True)
        values = dict(asked.validated_data)
        found = rows.matching(values.pop("search"))
        if "country" in values:
            values["country"] = country_of(values["country"])
        return found.filter(**values)

    def get_serializer_class(self) -> Any:
        """Show one number with its details, a list without."""
        return s.NumberDetailSerializer if self.action == "retrieve" else self.serializer_class

    @extend_schema(responses=s.UseSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def services(self, request: Request, pk: str) -> Response:
        """List the services that use a number, as far as the caller sees them."""
        found = uses_of(self.get_object(), self.member)
        return Response(s.UseSerializer(found, many=True).data)

    @extend_schema(responses=s.TrafficSerializer)
    @action(detail=True, pagination_class=None)
    def traffic(self, request: Request, pk: str) -> Response:
        """Tell what went over a number in the last 30 days."""
        return Response(s.TrafficSerializer(answers.traffic(self.get_object())).data)

    @extend_schema(parameters=[s.TrySerializer], responses=s.TriedSerializer)
    @action(detail=False, url_path="keyword-test", pagination_class=None)
    def keyword_test(self, request: Request) -> Response:
        """Say who would get an incoming text on a short code; nothing is sent."""
        asked = s.TrySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        codes = ShortCode.objects.usable_for_keywords(self.member.organization_id)
        named = codes.filter(code=values["short_code"], country=country_of(values["country"]))
        code = named.first()
        if code is None:
            raise Http404
        tried = try_text(member=self.member, text=values["text"], code=code)
        return Response(s.TriedSerializer(tried).data)

    @extend_schema(parameters=[s.FilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List numbers."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=s.EventSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def history(self, request: Request, pk: str) -> Response:
        """Return the order's history."""
        events = self.get_object().events.all()
        return Response(s.EventSerializer(events, many=True).data)

    @extend_schema(responses=s.ChargeSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def charges(self, request: Request, pk: str) -> Response:
        """List a phone number's monthly charges, newest first."""
        charges = self.get_object().charges.order_by("-month")
        return Response(s.ChargeSerializer(charges, many=True).data)

    @extend_schema(responses=s.VerificationSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def verifications(self, request: Request, pk: str) -> Response:
        """List the operators' checks of a short code with what they said and until when."""
        checks = self.get_object().verifications.all()
        return Response(s.VerificationSerializer(checks, many=True).data)

    @extend_schema(request=s.UrlsSerializer, responses=s.UrlsSerializer)
    @action(detail=True, methods=["get", "put"])
    def urls(self, request: Request, pk: str) -> Response:
        """Tell or change where incoming calls and messages go; 404 unless a phone number."""
        number = self.get_object()
        if request.method == "GET":
            line = get_object_or_404(PhoneLine, number=number)
            return Response(s.UrlsSerializer(line).data)
        values = checked_body(s.UrlsSerializer, request)
        line = lines.set_urls(member=self.member, number=number, **values)
        return Response(s.UrlsSerializer(line).data)

    @extend_schema(request=s.ReservedSerializer, responses={201: s.ReservedSerializer})
    @action(detail=True, methods=["get", "post"], url_path="reserved-keywords")
    def reserved(self, request: Request, pk: str) -> Response:
        """List the reserved keywords of a phone number, or reserve one."""
        number = self.get_object()
        if request.method == "GET":
            rows = number.reserved_keywords.order_by("folded")
            return Response(s.ReservedSerializer(rows, many=True).data)
        values = checked_body(s.ReservedSerializer, request)
        kept = lines.reserve_keyword(member=self.member, number=number, **values)
        return Response(s.ReservedSerializer(kept).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={204: None})
    @action(
        detail=True,
        methods=["delete"],
        url_path=r"reserved-keywords/(?P<word_id>[0-9a-f-]{36})",
    )
    def free(self, request: Request, pk: str, word_id: str) -> Response:
        """Free a reserved keyword."""
        number = self.get_object()
        keyword = get_object_or_404(number.reserved_keywords, pk=word_id)
        lines.free_keyword(member=self.member, number=number, keyword=keyword)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={201: s.NumberSerializer})
    @action(detail=True, methods=["post"], url_path="sender-id")
    def sender_id(self, request: Request, pk: str) -> Response:
        """Add a bought number as Sender ID with its country code."""
        number = self.get_object()
        if number.kind != Kind.PHONE_NUMBER:
            raise ValidationError("Only a phone number can be offered as Sender ID.")
        return self.number(senders.offer_as_sender_id(member=self.member, number=number))

    @extend_schema(request=s.ReleaseSerializer, responses=s.NumberSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Begin a release; ``number`` repeats the number. 409 while something uses it."""
        number = self.get_object()
        typed = checked_body(s.ReleaseSerializer, request)["number"]
        releasing.release_number(member=self.member, number=number, typed=typed)
        return self.number(number, made=False)

    @extend_schema(request=None, responses=s.NumberSerializer)
    @action(detail=True, methods=["post"], url_path="undo-release")
    def undo_release(self, request: Request, pk: str) -> Response:
        """Keep the number after all."""
        number = self.get_object()
        releasing.undo_release(member=self.member, number=number)
        return self.number(number, made=False)

    @extend_schema(request=None, responses=s.NumberSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take back a request for a Sender ID, keyword or short code that waits for support."""
        number = self.get_object()
        withdrawing.withdraw(member=self.member, number=number)
        return self.number(number, made=False)


class ShopViewSet(NumbersApi):
    """Searching, reserving and buying phone numbers."""

    serializer_class: Any = s.FoundSerializer

    @extend_schema(parameters=[s.SearchSerializer], responses=s.ShelfSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def available(self, request: Request) -> Response:
        """Search numbers for sale; ``*`` in ``digits`` is any one digit."""
        asked = s.SearchSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        rate = RateCard.objects.filter(
            country=values["country"].upper(), number_type=values["number_type"]
        ).first()
        if rate is None or not rate.can_be_bought:
            raise ValidationError({"number_type": ["Not offered here; ask offline."]})
        wish = {name: values[name] for name in ("digits", "match", "area_code", "locality")}
        part = searching.Part(values["limit"], values["after"])
        shelf = searching.search_numbers(rate=rate, part=part, **wish)
        return Response(s.ShelfSerializer(shelf).data)

    @extend_schema(request=s.ReservationSerializer, responses={201: s.ReservationSerializer})
    @action(detail=False, methods=["post"])
    def reservations(self, request: Request) -> Response:
        """Keep a number for ten minutes, for the person whose token it is."""
        values = checked_body(s.ReservationSerializer, request)
        until = buying.reserve(member=self.member, **values)
        data = s.ReservationSerializer({**values, "expires_at": until}).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=s.OrderSerializer,
        responses={201: s.NumberSerializer},
    )
    @action(detail=False, methods=["post"])
    def orders(self, request: Request) -> Response:
        """Buy a reserved number."""
        values = checked_body(s.OrderSerializer, request)
        rows = Address.objects.visible_to(self.member)
        chosen = values.get("address")
        key = request.headers.get("Idempotency-Key", "")[:90] or str(uuid7())
        order = buying.buy_number(
            member=self.member,
            e164=values["e164"],
            address=get_object_or_404(rows, pk=chosen) if chosen else None,
            key=f"api:{key}",
        )
        return self.number(order.number)


class AddressViewSet(mixins.ListModelMixin, NumbersApi):
    """Kept addresses."""

    queryset: Any = Address.objects.none()
    serializer_class: Any = s.AddressSerializer

    def get_queryset(self) -> QuerySet[Any]:
        """Return the organization's addresses."""
        return self.visible(Address.objects.visible_to)

    @extend_schema(request=s.AddressSerializer, responses={201: s.AddressSerializer})
    def create(self, request: Request) -> Response:
        """Keep an address."""
        values = checked_body(s.AddressSerializer, request)
        country = country_of(values.pop("country_id"))
        address = addresses.keep_address(member=self.member, country=country.pk, **values)
        return Response(s.AddressSerializer(address).data, status=status.HTTP_201_CREATED)
