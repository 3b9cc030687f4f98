"""Numbers as the REST interface shows and takes them; the rules are the services'."""

from typing import Any

from rest_framework import serializers

from imiconnect.numbers.kinds import Choice, Kind, Match, NumberType, State
from imiconnect.numbers.services.trying import Tried

Serializer = serializers.Serializer[Any]
#: What every amount of money is shown by.
AMOUNT: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 5,
    "allow_null": True,
    "read_only": True,
}


class NumberSerializer(Serializer):
    """A number of any kind."""

    id = serializers.UUIDField(read_only=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    value = serializers.CharField()
    country = serializers.CharField(source="country_id", allow_null=True)
    state = serializers.ChoiceField(choices=State.choices)
    reason = serializers.CharField()
    short_code = serializers.CharField(source="short_code.code", default=None)
    operators = serializers.CharField(
        source="short_code.operator",
        default=None,
        help_text="Of its short code; empty for all operators of the country.",
    )
    number_type = serializers.CharField()
    voice = serializers.BooleanField()
    sms = serializers.BooleanField()
    two_way = serializers.BooleanField(source="is_two_way")
    monthly_cost = serializers.DecimalField(**AMOUNT)
    currency = serializers.CharField()
    quarantine_until = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class FilterSerializer(Serializer):
    """What narrows the list of numbers; an unknown kind or state is refused."""

    kind = serializers.ChoiceField(choices=Kind.choices, required=False)
    state = serializers.ChoiceField(choices=State.choices, required=False)
    country = serializers.CharField(
        required=False, max_length=2, help_text="ISO 3166-1 alpha-2"
    )
    search = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Any part of the number"
    )


class OrderStateSerializer(Serializer):
    """How far a purchase has come, and why not further."""

    reference = serializers.CharField(source="__str__")
    state = serializers.CharField()
    reason = serializers.CharField()


class ChargeSerializer(Serializer):
    """A month's rent; ``month`` is its first day."""

    month = serializers.DateField()
    amount = serializers.DecimalField(max_digits=12, decimal_places=5)
    currency = serializers.CharField()


class VerificationSerializer(Serializer):
    """One operator's check of a short code; an empty operator is all of the country."""

    operator = serializers.CharField()
    result = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()


class UseSerializer(Serializer):
    """A service that uses a number on SMS or voice."""

    name = serializers.CharField()
    state = serializers.CharField()
    url = serializers.CharField()
    gets_incoming = serializers.BooleanField()


class TrafficSerializer(Serializer):
    """What went over a number in the last 30 days."""

    sent = serializers.IntegerField()
    received = serializers.IntegerField()
    calls = serializers.IntegerField()


class TrySerializer(Serializer):
    """An incoming text on a short code."""

    text = serializers.CharField(max_length=1600)
    short_code = serializers.CharField(max_length=8)
    country = serializers.CharField(max_length=2)


class TriedSerializer(Serializer):
    """Who would get it; what is another organization's is not told."""

    reserved = serializers.CharField(source="match.reserved.word", default=None)
    meaning = serializers.CharField(source="match.reserved.meaning", default=None)
    is_keyword = serializers.SerializerMethodField()
    keyword = serializers.SerializerMethodField()
    organization = serializers.CharField(source="receiver.organization.name", default=None)
    number = serializers.UUIDField(source="receiver.pk", default=None)
    services = UseSerializer(source="uses", many=True)
    is_hidden = serializers.BooleanField(
        help_text="Whether a service gets it that the caller does not see."
    )
    own_word = serializers.SerializerMethodField(
        help_text="The organization's own opt-out, opt-in or help word, where the text has one."
    )
    own_word_meaning = serializers.SerializerMethodField()

    def get_is_keyword(self, tried: Tried) -> bool:
        """Tell whether a keyword gets it, the organization's or another's."""
        return tried.match.keyword is not None

    def get_keyword(self, tried: Tried) -> str | None:
        """Return the keyword where it is the organization's."""
        keyword = tried.match.keyword
        return keyword.value if keyword and tried.is_own else None

    def get_own_word(self, tried: Tried) -> str | None:
        """Return the word, if the text has one."""
        return tried.own_word[0] if tried.own_word else None

    def get_own_word_meaning(self, tried: Tried) -> str | None:
        """Return what the word does, in words."""
        return str(tried.own_word[1]) if tried.own_word else None


class EventSerializer(Serializer):
    """A line of the order's history."""

    state = serializers.CharField()
    text = serializers.CharField()
    actor_name = serializers.CharField()
    created_at = serializers.DateTimeField()


class SearchSerializer(Serializer):
    """What numbers to look for."""

    country = serializers.CharField(max_length=2)
    number_type = serializers.ChoiceField(choices=NumberType.choices)
    digits = serializers.CharField(required=False, allow_blank=True, default="")
    match = serializers.ChoiceField(choices=Match.choices, default=Match.ANYWHERE)
    area_code = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="US and CA only"
    )
    locality = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=80,
        help_text="A city, or the first words of its name; case and accents do not matter.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=100, default=20)
    after = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="The after of the answer before, for the next numbers.",
    )


class FoundSerializer(Serializer):
    """A number for sale."""

    e164 = serializers.CharField()
    shown = serializers.CharField()
    carrier = serializers.CharField()
    locality = serializers.CharField()
    monthly_rental = serializers.DecimalField(source="rate.monthly_rental", **AMOUNT)
    inbound_voice = serializers.DecimalField(source="rate.inbound_voice", **AMOUNT)
    inbound_sms = serializers.DecimalField(source="rate.inbound_sms", **AMOUNT)
    currency = serializers.CharField(source="rate.currency")
    address_requirement = serializers.CharField(source="rate.address_requirement")


class ShelfSerializer(Serializer):
    """Some of the numbers for sale."""

    found = FoundSerializer(many=True)
    complete = serializers.BooleanField(help_text="Whether every carrier answered.")
    after = serializers.CharField(help_text="Asks for the next numbers; empty after the last.")
    cities = serializers.ListField(
        child=serializers.CharField(),
        help_text="Cities to try, where the one that was asked for has no numbers of the type.",
    )


class ReservationSerializer(Serializer):
    """A number to keep for ten minutes."""

    e164 = serializers.CharField(max_length=16)
    number_type = serializers.ChoiceField(choices=NumberType.choices)
    carrier = serializers.SlugField(max_length=30)
    expires_at = serializers.DateTimeField(read_only=True)


class AddressSerializer(Serializer):
    """An address that a country asks for."""

    id = serializers.UUIDField(read_only=True)
    country = serializers.CharField(source="country_id", max_length=2)
    name = serializers.CharField(max_length=100)
    street = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(max_length=100, required=False, allow_blank=True)
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True)


class OrderSerializer(Serializer):
    """A purchase: the reserved number, and the address where one is asked for."""

    e164 = serializers.CharField(max_length=16)
    address = serializers.UUIDField(required=False, allow_null=True)


class SenderSerializer(Serializer):
    """A Sender ID to ask for."""

    code = serializers.CharField(max_length=30)
    country = serializers.CharField(max_length=2)


class KeywordSerializer(Serializer):
    """The keyword form."""

    keyword = serializers.CharField(max_length=200, trim_whitespace=False)
    choice = serializers.ChoiceField(choices=Choice.choices)
    desired_short_code = serializers.CharField(max_length=12, required=False, allow_blank=True)
    assign_random = serializers.BooleanField(default=False)


class KeywordNineSerializer(Serializer):
    """The nine details of a keyword."""

    email = serializers.CharField()
    company_name = serializers.CharField()
    mailing_address = serializers.CharField()
    contact_name = serializers.CharField()
    contact_number = serializers.CharField()
    service_name = serializers.CharField()
    service_website = serializers.CharField()
    is_existing_website = serializers.BooleanField()
    service_content = serializers.CharField()


class KeywordDetailsSerializer(KeywordNineSerializer, KeywordSerializer):
    """The keyword form with its nine details."""


class KeptKeywordSerializer(KeywordNineSerializer):
    """A keyword's details, and how its code was chosen."""

    choice = serializers.CharField()
    desired_short_code = serializers.CharField()


class KeptShortCodeSerializer(Serializer):
    """What was asked for when a short code was requested."""

    reference = serializers.CharField()
    choice = serializers.CharField()
    desired_code = serializers.CharField()
    is_dedicated = serializers.BooleanField()
    monthly_volume = serializers.IntegerField()
    purpose = serializers.CharField()


class NumberDetailSerializer(NumberSerializer):
    """A number with what only some kinds have; what it has not is null."""

    order = OrderStateSerializer(default=None)
    keyword_details = KeptKeywordSerializer(default=None)
    short_code_request = KeptShortCodeSerializer(default=None)


class KeywordPreviewSerializer(Serializer):
    """What a keyword request would give."""

    short_code = serializers.CharField(source="code.code", default=None, allow_null=True)
    problem = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())


class KeywordCodeSerializer(Serializer):
    """A short code on which a keyword may be asked for."""

    code = serializers.CharField()
    country = serializers.CharField(source="country_id")
    operators = serializers.CharField(
        source="operator", help_text="Empty for all operators of the country."
    )
    is_shared = serializers.BooleanField(help_text="Whether it is a shared default code.")


class ShortCodeSerializer(Serializer):
    """A short code to ask for."""

    country = serializers.CharField(max_length=2)
    choice = serializers.ChoiceField(choices=Choice.choices)
    desired_code = serializers.CharField(required=False, allow_blank=True, default="")
    is_dedicated = serializers.BooleanField(default=True)
    operators = serializers.ListField(child=serializers.CharField(), default=list)
    monthly_volume = serializers.IntegerField(min_value=1, max_value=2_000_000_000)
    purpose = serializers.CharField(max_length=2000)


class OfflineSerializer(Serializer):
    """A wish for numbers that are not offered, and its answer."""

    id = serializers.UUIDField(read_only=True)
    reference = serializers.CharField(source="__str__", read_only=True)
    country_name = serializers.CharField(max_length=80)
    number_type = serializers.ChoiceField(
        choices=NumberType.choices, required=False, allow_blank=True
    )
    quantity = serializers.IntegerField(min_value=1, max_value=100_000)
    details = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    state = serializers.CharField(read_only=True)
    answer = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class UrlsSerializer(Serializer):
    """Where incoming calls and messages go."""

    incoming_call_url = serializers.CharField(max_length=500, allow_blank=True, default="")
    incoming_sms_url = serializers.CharField(max_length=500, allow_blank=True, default="")


class ReservedSerializer(Serializer):
    """A keyword reserved on a phone number."""

    id = serializers.UUIDField(read_only=True)
    word = serializers.CharField(max_length=30)
    url = serializers.CharField(max_length=500)


class ReleaseSerializer(Serializer):
    """The number, repeated, before it is released."""

    number = serializers.CharField(max_length=64)
