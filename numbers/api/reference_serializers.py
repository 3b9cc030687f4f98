"""Rates, SMS rules and code formats as the REST interface shows them."""

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from imiconnect.numbers.api.serializers import AMOUNT, Serializer
from imiconnect.numbers.models import ShortCodeFormat, SmsHours
from imiconnect.numbers.services.short_codes import lengths_of
from imiconnect.public_holidays import next_holiday


class RateSerializer(Serializer):
    """What a type of number costs and needs in a country."""

    country = serializers.CharField(source="country_id")
    number_type = serializers.CharField()
    voice = serializers.BooleanField()
    sms = serializers.BooleanField()
    address_requirement = serializers.CharField()
    monthly_rental = serializers.DecimalField(**AMOUNT)
    inbound_voice = serializers.DecimalField(**AMOUNT)
    inbound_sms = serializers.DecimalField(**AMOUNT)
    outbound_sms = serializers.DecimalField(**AMOUNT)
    currency = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a column, not the option
    checked_on = serializers.DateField()


class HolidaySerializer(Serializer):
    """A public holiday."""

    date = serializers.DateField()
    name = serializers.CharField()


@extend_schema_field(
    # Not of the format "time", which RFC 3339 wants with an offset from UTC.
    {"type": "string", "pattern": r"^\d{2}:\d{2}:\d{2}$", "example": "21:00:00"}
)
class TimeOfDayField(serializers.TimeField):
    """A time on the recipient's clock."""


class SmsHoursSerializer(Serializer):
    """Hours of the recipient's day in which texts go out; 1 is Monday, 7 Sunday."""

    covers = serializers.CharField()
    days = serializers.ListField(child=serializers.IntegerField())
    opens = TimeOfDayField()
    closes = TimeOfDayField()
    holidays = serializers.CharField(
        help_text="Whose public holidays shut these hours: an ISO 3166 code; empty for none."
    )
    next_holiday = serializers.SerializerMethodField()

    @extend_schema_field(HolidaySerializer(allow_null=True))
    def get_next_holiday(self, row: SmsHours) -> dict[str, Any] | None:
        """Return the holiday on which texts wait next."""
        coming = next_holiday(row.holidays, dt.date.today()) if row.holidays else None
        return dict(zip(("date", "name"), coming, strict=True)) if coming else None


class SmsContentRuleSerializer(Serializer):
    """What is held against a text before it goes out."""

    kind = serializers.CharField()
    value = serializers.CharField()
    covers = serializers.CharField()


class ShortCodeFormatSerializer(Serializer):
    """How many digits short codes have in a country, and how they are had."""

    country = serializers.CharField(source="country_id")
    lengths = serializers.SerializerMethodField()
    dedicated_available = serializers.CharField()
    shared_available = serializers.CharField()
    lead_time = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # a column, not the option
    checked_on = serializers.DateField()

    def get_lengths(self, known: ShortCodeFormat) -> list[int]:
        """Return every length that a request may ask for, in order."""
        return lengths_of(known)


class RestrictionSerializer(Serializer):
    """What a country allows and forbids for SMS, in words and as it is applied."""

    country = serializers.CharField(source="country_id")
    alphanumeric_sender_id = serializers.CharField()
    numeric_sender = serializers.CharField()
    two_way_sms = serializers.CharField()
    short_code_available = serializers.CharField()
    quiet_hours = serializers.CharField()
    other_content_restrictions = serializers.CharField()
    sms_hours = SmsHoursSerializer(source="country.sms_hours", many=True)
    content_rules = SmsContentRuleSerializer(source="country.sms_content_rules", many=True)
    source = serializers.CharField()  # type: ignore[assignment]  # a column, not the option
    checked_on = serializers.DateField()
