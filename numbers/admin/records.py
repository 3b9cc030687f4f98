"""What support looks at: all numbers, orders, charges and what belongs to them."""

from typing import ClassVar

from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.numbers import models
from imiconnect.support import ReadOnlyAdmin

_ORGANIZATION = ("organization", AutocompleteSelectFilter)


@admin.register(models.Number)
class NumberAdmin(ReadOnlyAdmin):
    """Numbers of every kind and organization."""

    list_display = ("__str__", "kind", "organization", "country", "state", "created_at")
    list_filter: ClassVar = ["kind", "state", _ORGANIZATION]
    list_select_related = ("organization", "country")
    exact = ("folded", "id")
    is_named = True
    ordering = ("-id",)


@admin.register(models.NumberEvent)
class NumberEventAdmin(ReadOnlyAdmin):
    """The history of every number."""

    list_display = ("number", "state", "text", "actor_name", "created_at")
    list_select_related = ("number",)
    search_fields = ("number__folded",)
    ordering = ("-id",)


@admin.register(models.NumberOrder)
class NumberOrderAdmin(ReadOnlyAdmin):
    """Purchases; an open one shows its tries and what the carrier said."""

    list_display = (
        "__str__", "number", "organization", "carrier", "state", "attempts", "reason",
    )  # fmt: skip
    list_filter: ClassVar = ["state", "carrier", _ORGANIZATION]
    list_select_related = ("number", "organization")
    exact = ("id",)
    is_named = True
    ordering = ("-id",)


@admin.register(models.PhoneLine)
class PhoneLineAdmin(ReadOnlyAdmin):
    """Carrier and URLs of each phone number."""

    list_display = ("number", "carrier", "carrier_reference", "bought_at")
    fields = (*list_display, "incoming_call_url", "incoming_sms_url")
    list_filter = ("carrier",)
    list_select_related = ("number",)
    exact = ("carrier_reference",)
    ordering = ("-bought_at",)


@admin.register(models.Charge)
class ChargeAdmin(ReadOnlyAdmin):
    """Rent that was counted."""

    list_display = ("number", "organization", "month", "amount", "currency")
    list_filter: ClassVar = ["month", _ORGANIZATION]
    list_select_related = ("number", "organization")
    search_fields = ("number__folded",)
    ordering = ("-id",)


@admin.register(models.Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Numbers that are kept for ten minutes."""

    list_display = ("e164", "organization", "kept_by", "carrier", "expires_at")
    list_select_related = ("organization", "kept_by")
    exact = ("e164",)
    ordering = ("-expires_at",)


@admin.register(models.Address)
class AddressAdmin(ReadOnlyAdmin):
    """Addresses that countries asked for."""

    list_display = ("name", "organization", "city", "country")
    list_filter: ClassVar = [_ORGANIZATION]
    list_select_related = ("organization", "country")
    search_fields = ("name", "city")
    ordering = ("-id",)


@admin.register(models.ReservedKeyword)
class ReservedKeywordAdmin(ReadOnlyAdmin):
    """Keywords that are reserved on phone numbers."""

    list_display = ("word", "number", "url")
    fields = list_display
    list_select_related = ("number",)
    exact = ("folded",)
    ordering = ("-id",)


@admin.register(models.KeywordDetails)
class KeywordDetailsAdmin(ReadOnlyAdmin):
    """The details of keyword requests."""

    list_display = ("number", "service_name", "company_name", "email")
    fields = (
        "number", "choice", "desired_short_code", "email", "company_name", "mailing_address",
        "contact_name", "contact_number", "service_name", "service_website",
        "is_existing_website", "service_content",
    )  # fmt: skip
    list_select_related = ("number",)
    search_fields = ("service_name", "company_name")
    ordering = ("-number",)


@admin.register(models.ShortCodeRequest)
class ShortCodeRequestAdmin(ReadOnlyAdmin):
    """What was asked for with each short code."""

    list_display = ("number", "choice", "is_dedicated", "monthly_volume")
    list_select_related = ("number",)
    search_fields = ("desired_code",)
    ordering = ("-number",)
