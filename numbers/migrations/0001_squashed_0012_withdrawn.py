"""The tables and the reference data of numbers, as the migrations up to 0012 leave them."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import imiconnect.numbers.models.sms_rules
import imiconnect.public_holidays
import imiconnect.vault
from imiconnect.migrating import CreateModels
from imiconnect.numbers import catalogue

_CATALOGUE = (
    "Country",
    "RateCard",
    "SmsRestriction",
    "ShortCodeFormat",
    "ReservedWord",
    "SmsHours",
    "SmsContentRule",
)


def fill(apps: Any, schema_editor: Any) -> None:
    """Load the files that ship with the platform, and turn our own stock on."""
    models = {name: apps.get_model("numbers", name) for name in _CATALOGUE}
    catalogue.load(SimpleNamespace(**models))
    apps.get_model("numbers", "CarrierAccount").objects.get_or_create(slug="stock")


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("numbers", "0001_initial"),
        ("numbers", "0002_reference_data"),
        ("numbers", "0003_queues"),
        ("numbers", "0004_routes"),
        ("numbers", "0005_smpp"),
        ("numbers", "0006_sms_rules"),
        ("numbers", "0007_sms_rules_data"),
        ("numbers", "0008_shared_code_help"),
        ("numbers", "0009_one_owner_per_code"),
        ("numbers", "0010_hours_not_on_holidays"),
        ("numbers", "0011_places"),
        ("numbers", "0012_withdrawn"),
    ]

    dependencies = [
        ("accounts", "0002_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Country",
                    fields=[
                        (
                            "iso2",
                            models.CharField(
                                max_length=2,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ISO code",
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        (
                            "calling_code",
                            models.CharField(
                                blank=True, max_length=4, verbose_name="calling code"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "country",
                        "verbose_name_plural": "countries",
                        "ordering": ["name"],
                    },
                ),
                migrations.CreateModel(
                    name="Address",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "name",
                            models.CharField(
                                max_length=100, verbose_name="name of the person or company"
                            ),
                        ),
                        (
                            "street",
                            models.CharField(max_length=200, verbose_name="street and number"),
                        ),
                        ("city", models.CharField(max_length=100, verbose_name="city")),
                        (
                            "region",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="region or state"
                            ),
                        ),
                        (
                            "postal_code",
                            models.CharField(
                                blank=True, max_length=20, verbose_name="postal code"
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="addresses",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "address",
                        "verbose_name_plural": "addresses",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="CarrierAccount",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        (
                            "slug",
                            models.SlugField(
                                max_length=30, unique=True, verbose_name="name of the account"
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        (
                            "position",
                            models.PositiveSmallIntegerField(default=1, verbose_name="order"),
                        ),
                        (
                            "base_url",
                            models.CharField(
                                blank=True,
                                help_text="Empty: the carrier's own address.",
                                max_length=200,
                                validators=[
                                    django.core.validators.URLValidator(
                                        ["https", "http", "smpp", "smpps"]
                                    )
                                ],
                                verbose_name="base URL",
                            ),
                        ),
                        (
                            "account",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="account"
                            ),
                        ),
                        (
                            "secret",
                            imiconnect.vault.EncryptedTextField(
                                blank=True, default="", verbose_name="secret"
                            ),
                        ),
                        (
                            "carrier",
                            models.SlugField(
                                blank=True,
                                help_text="Empty: the account has the carrier's name.",
                                max_length=30,
                                verbose_name="carrier",
                            ),
                        ),
                        (
                            "options",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                help_text="What this carrier alone knows, as docs/carriers.md lists it.",
                                verbose_name="options",
                            ),
                        ),
                        (
                            "per_second",
                            models.FloatField(
                                blank=True,
                                help_text="Empty: no limit. 0.5 is one message in two seconds.",
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0.001)],
                                verbose_name="messages a second",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "carrier",
                        "verbose_name_plural": "carriers",
                        "ordering": ["position", "slug"],
                    },
                ),
                migrations.CreateModel(
                    name="CarrierRoute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        (
                            "medium",
                            models.CharField(
                                choices=[("sms", "SMS"), ("voice", "Voice")],
                                default="sms",
                                max_length=10,
                                verbose_name="carries",
                            ),
                        ),
                        (
                            "sender_kind",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("alphanumeric", "Alphanumeric Sender ID"),
                                    ("short_code", "Short code"),
                                    ("phone_number", "Phone number"),
                                ],
                                help_text="Empty: every kind.",
                                max_length=20,
                                verbose_name="kind of sender",
                            ),
                        ),
                        (
                            "sender",
                            models.CharField(
                                blank=True,
                                help_text="One sender, as it is sent: digits without plus sign, or a name.",
                                max_length=20,
                                verbose_name="sender",
                            ),
                        ),
                        (
                            "position",
                            models.PositiveSmallIntegerField(default=1, verbose_name="order"),
                        ),
                        (
                            "per_second",
                            models.FloatField(
                                blank=True,
                                help_text="Empty: no limit. 0.5 is one message in two seconds.",
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0.001)],
                                verbose_name="messages a second",
                            ),
                        ),
                        (
                            "overflows",
                            models.BooleanField(
                                default=False,
                                help_text="At its limit use the next route instead of waiting.",
                                verbose_name="overflows",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="routes",
                                to="numbers.carrieraccount",
                                verbose_name="carrier",
                            ),
                        ),
                        (
                            "country",
                            models.ForeignKey(
                                blank=True,
                                help_text="Empty: every country.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="numbers.country",
                                verbose_name="to country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "route",
                        "verbose_name_plural": "routes",
                        "ordering": ["position", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=(
                                    "medium",
                                    "account",
                                    "country",
                                    "sender_kind",
                                    "sender",
                                ),
                                name="route_once",
                                nulls_distinct=False,
                                violation_error_message="There is such a route of this carrier.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("per_second__isnull", True),
                                    ("per_second__gt", 0),
                                    _connector="OR",
                                ),
                                name="route_moves",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ShortCode",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "code",
                            models.CharField(
                                max_length=8,
                                validators=[
                                    django.core.validators.RegexValidator("^[0-9]{3,8}$")
                                ],
                                verbose_name="code",
                            ),
                        ),
                        (
                            "operator",
                            models.CharField(
                                blank=True, max_length=2000, verbose_name="operators"
                            ),
                        ),
                        (
                            "is_shared",
                            models.BooleanField(
                                default=False,
                                help_text="Given with keywords to organizations without a code of their own.",
                                verbose_name="shared default code",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="short_codes",
                                to="numbers.country",
                                verbose_name="country",
                            ),
                        ),
                        (
                            "help_reply",
                            models.CharField(
                                blank=True,
                                help_text="On a shared code: the answer to HELP and to a text without a keyword.",
                                max_length=480,
                                verbose_name="help text",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "short code",
                        "verbose_name_plural": "short codes",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("code__regex", "^[0-9]{3,8}$")),
                                name="short_code_digits",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_active", True)),
                                fields=("country", "code"),
                                name="short_code_once",
                                violation_error_message="This short code exists in the country.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Number",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("short_code", "Short Code"),
                                    ("phone_number", "Phone Number"),
                                    ("sender_id", "Sender ID"),
                                    ("keyword", "Keyword"),
                                ],
                                max_length=20,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "value",
                            models.CharField(blank=True, max_length=64, verbose_name="number"),
                        ),
                        (
                            "folded",
                            models.CharField(blank=True, editable=False, max_length=200),
                        ),
                        (
                            "skeleton",
                            models.CharField(blank=True, editable=False, max_length=200),
                        ),
                        (
                            "grams",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=3),
                                default=list,
                                editable=False,
                                size=None,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("verifying", "Verifying"),
                                    ("active", "Active"),
                                    ("rejected", "Rejected"),
                                    ("withdrawn", "Withdrawn"),
                                    ("releasing", "Releasing"),
                                    ("released", "Released"),
                                ],
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(blank=True, max_length=500, verbose_name="reason"),
                        ),
                        (
                            "is_dedicated",
                            models.BooleanField(default=False, verbose_name="dedicated"),
                        ),
                        (
                            "number_type",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("multi_function", "Multi-Function"),
                                    ("landline", "Landline"),
                                    ("mobile", "Mobile"),
                                    ("tollfree", "Tollfree"),
                                ],
                                max_length=20,
                                verbose_name="type",
                            ),
                        ),
                        ("voice", models.BooleanField(default=False, verbose_name="voice")),
                        ("sms", models.BooleanField(default=True, verbose_name="SMS")),
                        (
                            "monthly_cost",
                            models.DecimalField(
                                blank=True,
                                decimal_places=5,
                                max_digits=12,
                                null=True,
                                verbose_name="monthly cost",
                            ),
                        ),
                        (
                            "currency",
                            models.CharField(
                                default="USD", max_length=3, verbose_name="currency"
                            ),
                        ),
                        ("quarantine_until", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "country",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="numbers",
                                to="numbers.country",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="numbers",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "short_code",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="numbers",
                                to="numbers.shortcode",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "number",
                        "verbose_name_plural": "numbers",
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="number_newest"),
                            models.Index(
                                fields=["organization", "kind", "-id"], name="number_of_kind"
                            ),
                            models.Index(
                                fields=["organization", "country", "-id"],
                                name="number_of_country",
                            ),
                            models.Index(
                                fields=["organization", "state", "-id"], name="number_of_state"
                            ),
                            models.Index(
                                fields=["short_code", "skeleton"], name="number_look_alike"
                            ),
                            models.Index(
                                condition=models.Q(("state", "releasing")),
                                fields=["quarantine_until"],
                                name="number_to_release",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["grams"], name="number_grams"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "phone_number"),
                                    (
                                        "state__in",
                                        ("pending", "verifying", "active", "releasing"),
                                    ),
                                ),
                                fields=("value",),
                                name="phone_number_one_owner",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "keyword"),
                                    (
                                        "state__in",
                                        ("pending", "verifying", "active", "releasing"),
                                    ),
                                ),
                                fields=("short_code", "folded"),
                                name="keyword_once_per_code",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("is_dedicated", True),
                                    ("kind", "short_code"),
                                    (
                                        "state__in",
                                        ("pending", "verifying", "active", "releasing"),
                                    ),
                                ),
                                fields=("short_code",),
                                name="dedicated_code_one_owner",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "sender_id"),
                                    (
                                        "state__in",
                                        ("pending", "verifying", "active", "releasing"),
                                    ),
                                ),
                                fields=("organization", "country", "folded"),
                                name="sender_id_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "phone_number"), _negated=True),
                                    ("value__regex", "^\\+[1-9][0-9]{4,14}$"),
                                    _connector="OR",
                                ),
                                name="phone_number_e164",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "keyword"), _negated=True),
                                    models.Q(
                                        ("short_code__isnull", False),
                                        models.Q(("folded", ""), _negated=True),
                                        models.Q(("value__regex", "\\s"), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="keyword_on_a_code",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "releasing"), _negated=True),
                                    ("quarantine_until__isnull", False),
                                    _connector="OR",
                                ),
                                name="releasing_has_an_end",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Charge",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("month", models.DateField(verbose_name="month")),
                        (
                            "amount",
                            models.DecimalField(
                                decimal_places=5, max_digits=12, verbose_name="amount"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3, verbose_name="currency")),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="numbers.number",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "charge",
                        "verbose_name_plural": "charges",
                        "ordering": ["-id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("number", "month"), name="charge_once_a_month"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("month__day", 1)),
                                name="charge_month_is_first_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KeywordDetails",
                    fields=[
                        (
                            "number",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="keyword_details",
                                serialize=False,
                                to="numbers.number",
                            ),
                        ),
                        (
                            "choice",
                            models.CharField(
                                choices=[("vanity", "Vanity"), ("random", "Random")],
                                max_length=10,
                                verbose_name="Short code Type",
                            ),
                        ),
                        (
                            "desired_short_code",
                            models.CharField(
                                blank=True, max_length=8, verbose_name="Desired Short Code"
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, verbose_name="Email ID")),
                        (
                            "company_name",
                            models.CharField(max_length=150, verbose_name="Company Name"),
                        ),
                        (
                            "mailing_address",
                            models.TextField(max_length=500, verbose_name="Mailing Address"),
                        ),
                        (
                            "contact_name",
                            models.CharField(
                                max_length=150, verbose_name="Primary Contact Name"
                            ),
                        ),
                        (
                            "contact_number",
                            models.CharField(
                                max_length=16, verbose_name="Primary Contact Number"
                            ),
                        ),
                        (
                            "service_name",
                            models.CharField(max_length=150, verbose_name="Service Name"),
                        ),
                        (
                            "service_website",
                            models.URLField(max_length=300, verbose_name="Service Website"),
                        ),
                        (
                            "is_existing_website",
                            models.BooleanField(verbose_name="Is this an existing Website"),
                        ),
                        (
                            "service_content",
                            models.TextField(
                                max_length=2000, verbose_name="Service Content Details"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "keyword details",
                        "verbose_name_plural": "keyword details",
                    },
                ),
                migrations.CreateModel(
                    name="KeywordRequest",
                    fields=[],
                    options={
                        "verbose_name": "keyword request",
                        "verbose_name_plural": "keyword requests",
                        "proxy": True,
                    },
                    bases=("numbers.number",),
                ),
                migrations.CreateModel(
                    name="NumberEvent",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("verifying", "Verifying"),
                                    ("active", "Active"),
                                    ("rejected", "Rejected"),
                                    ("withdrawn", "Withdrawn"),
                                    ("releasing", "Releasing"),
                                    ("released", "Released"),
                                ],
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "text",
                            models.CharField(max_length=500, verbose_name="what happened"),
                        ),
                        (
                            "actor_name",
                            models.CharField(blank=True, max_length=254, verbose_name="who"),
                        ),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="events",
                                to="numbers.number",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "history entry",
                        "verbose_name_plural": "history",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="NumberOrder",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("carrier", models.SlugField(max_length=30, verbose_name="carrier")),
                        (
                            "number_type",
                            models.CharField(
                                choices=[
                                    ("multi_function", "Multi-Function"),
                                    ("landline", "Landline"),
                                    ("mobile", "Mobile"),
                                    ("tollfree", "Tollfree"),
                                ],
                                max_length=20,
                                verbose_name="type",
                            ),
                        ),
                        (
                            "monthly_rental",
                            models.DecimalField(decimal_places=5, max_digits=12),
                        ),
                        (
                            "inbound_voice",
                            models.DecimalField(decimal_places=5, max_digits=12, null=True),
                        ),
                        (
                            "inbound_sms",
                            models.DecimalField(decimal_places=5, max_digits=12, null=True),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("idempotency_key", models.CharField(max_length=100)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("placed", "Placed"),
                                    ("buying", "Being bought"),
                                    ("completed", "Completed"),
                                    ("refused", "Refused"),
                                ],
                                default="placed",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(blank=True, max_length=500, verbose_name="reason"),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "address",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="numbers.address",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "number",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order",
                                to="numbers.number",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="number_orders",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order",
                        "verbose_name_plural": "orders",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["placed", "buying"])),
                                fields=["next_attempt_at"],
                                name="order_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "idempotency_key"), name="order_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OfflineRequest",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "country_name",
                            models.CharField(max_length=80, verbose_name="country"),
                        ),
                        (
                            "number_type",
                            models.CharField(blank=True, max_length=20, verbose_name="type"),
                        ),
                        ("quantity", models.PositiveIntegerField(verbose_name="how many")),
                        (
                            "details",
                            models.TextField(
                                blank=True, max_length=2000, verbose_name="details"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("answered", "Answered"),
                                    ("rejected", "Rejected"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="pending",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "answer",
                            models.TextField(
                                blank=True, max_length=2000, verbose_name="answer"
                            ),
                        ),
                        (
                            "answered_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="answered"
                            ),
                        ),
                        (
                            "answered_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="offline_requests",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "offline request",
                        "verbose_name_plural": "offline requests",
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="offline_newest")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1)),
                                name="offline_quantity",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OperatorVerification",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "operator",
                            models.CharField(
                                blank=True,
                                help_text="Empty: all operators.",
                                max_length=80,
                                verbose_name="operator",
                            ),
                        ),
                        (
                            "result",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting"),
                                    ("verified", "Verified"),
                                    ("refused", "Refused"),
                                    ("dropped", "Not needed any more"),
                                ],
                                default="waiting",
                                max_length=10,
                                verbose_name="result",
                            ),
                        ),
                        ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                        (
                            "decided_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="decided"),
                        ),
                        (
                            "reason",
                            models.CharField(blank=True, max_length=500, verbose_name="reason"),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="verifications",
                                to="numbers.number",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "short code verification",
                        "verbose_name_plural": "short code verifications",
                        "ordering": ["id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("number", "operator"), name="verification_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PhoneLine",
                    fields=[
                        (
                            "number",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="line",
                                serialize=False,
                                to="numbers.number",
                            ),
                        ),
                        ("carrier", models.SlugField(max_length=30, verbose_name="carrier")),
                        (
                            "carrier_reference",
                            models.CharField(max_length=80, verbose_name="carrier's reference"),
                        ),
                        (
                            "inbound_voice",
                            models.DecimalField(decimal_places=5, max_digits=12, null=True),
                        ),
                        (
                            "inbound_sms",
                            models.DecimalField(decimal_places=5, max_digits=12, null=True),
                        ),
                        (
                            "incoming_call_url",
                            models.URLField(
                                blank=True, max_length=500, verbose_name="incoming-call URL"
                            ),
                        ),
                        (
                            "incoming_sms_url",
                            models.URLField(
                                blank=True, max_length=500, verbose_name="incoming-SMS URL"
                            ),
                        ),
                        ("bought_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "phone line",
                        "verbose_name_plural": "phone lines",
                    },
                ),
                migrations.CreateModel(
                    name="Place",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("name", models.CharField(max_length=500, verbose_name="name")),
                        ("folded", models.CharField(editable=False, max_length=1000)),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="places",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "place",
                        "verbose_name_plural": "places",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("country", "name"), name="place_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RateCard",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("source", models.TextField(blank=True, verbose_name="source")),
                        (
                            "checked_on",
                            models.DateField(
                                default=datetime.date.today, verbose_name="checked"
                            ),
                        ),
                        (
                            "number_type",
                            models.CharField(
                                choices=[
                                    ("multi_function", "Multi-Function"),
                                    ("landline", "Landline"),
                                    ("mobile", "Mobile"),
                                    ("tollfree", "Tollfree"),
                                ],
                                max_length=20,
                                verbose_name="type",
                            ),
                        ),
                        ("voice", models.BooleanField(verbose_name="voice")),
                        ("sms", models.BooleanField(verbose_name="SMS")),
                        (
                            "address_requirement",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("none", "None"),
                                    ("any", "Any address"),
                                    ("local", "Local address"),
                                    ("foreign", "Foreign address"),
                                    ("", "Not known: any address"),
                                ],
                                max_length=10,
                                verbose_name="address",
                            ),
                        ),
                        (
                            "currency",
                            models.CharField(
                                default="USD", max_length=3, verbose_name="currency"
                            ),
                        ),
                        (
                            "monthly_rental",
                            models.DecimalField(
                                blank=True,
                                decimal_places=5,
                                help_text="Empty means on request, never free.",
                                max_digits=12,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(Decimal("0"))
                                ],
                                verbose_name="monthly rental",
                            ),
                        ),
                        (
                            "inbound_voice",
                            models.DecimalField(
                                blank=True,
                                decimal_places=5,
                                help_text="Empty means on request, never free.",
                                max_digits=12,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(Decimal("0"))
                                ],
                                verbose_name="inbound voice, per minute",
                            ),
                        ),
                        (
                            "inbound_sms",
                            models.DecimalField(
                                blank=True,
                                decimal_places=5,
                                help_text="Empty means on request, never free.",
                                max_digits=12,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(Decimal("0"))
                                ],
                                verbose_name="inbound SMS",
                            ),
                        ),
                        (
                            "outbound_sms",
                            models.DecimalField(
                                blank=True,
                                decimal_places=5,
                                help_text="Empty means on request, never free.",
                                max_digits=12,
                                null=True,
                                validators=[
                                    django.core.validators.MinValueValidator(Decimal("0"))
                                ],
                                verbose_name="outbound SMS, from",
                            ),
                        ),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rates",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "rate",
                        "verbose_name_plural": "rate card",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("country", "number_type"), name="rate_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("voice", True), ("sms", True), _connector="OR"
                                ),
                                name="rate_can_something",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reservation",
                    fields=[
                        (
                            "e164",
                            models.CharField(max_length=16, primary_key=True, serialize=False),
                        ),
                        ("carrier", models.SlugField(max_length=30)),
                        (
                            "number_type",
                            models.CharField(
                                choices=[
                                    ("multi_function", "Multi-Function"),
                                    ("landline", "Landline"),
                                    ("mobile", "Mobile"),
                                    ("tollfree", "Tollfree"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "kept_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reservation",
                        "verbose_name_plural": "reservations",
                    },
                ),
                migrations.CreateModel(
                    name="ReservedKeyword",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=uuid_utils.compat.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("word", models.CharField(max_length=30, verbose_name="keyword")),
                        ("folded", models.CharField(editable=False, max_length=90)),
                        ("url", models.URLField(max_length=500, verbose_name="callback URL")),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reserved_keywords",
                                to="numbers.number",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reserved keyword",
                        "verbose_name_plural": "reserved keywords",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("number", "folded"), name="reserved_keyword_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReservedWord",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("word", models.CharField(max_length=50, verbose_name="word")),
                        (
                            "folded",
                            models.CharField(editable=False, max_length=150, unique=True),
                        ),
                        (
                            "meaning",
                            models.CharField(
                                choices=[
                                    ("opt_out", "Opt-out"),
                                    ("opt_in", "Opt-in"),
                                    ("help", "Help"),
                                    ("reserved", "Reserved by the platform"),
                                ],
                                max_length=10,
                                verbose_name="meaning",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "reserved word",
                        "verbose_name_plural": "reserved words",
                        "ordering": ["word"],
                    },
                ),
                migrations.CreateModel(
                    name="SenderIdRequest",
                    fields=[],
                    options={
                        "verbose_name": "Sender ID request",
                        "verbose_name_plural": "Sender ID requests",
                        "proxy": True,
                    },
                    bases=("numbers.number",),
                ),
                migrations.CreateModel(
                    name="ShortCodeFormat",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("source", models.TextField(blank=True, verbose_name="source")),
                        (
                            "checked_on",
                            models.DateField(
                                default=datetime.date.today, verbose_name="checked"
                            ),
                        ),
                        (
                            "lengths",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                size=None,
                                verbose_name="lengths",
                            ),
                        ),
                        (
                            "dedicated_available",
                            models.CharField(
                                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")],
                                max_length=10,
                                verbose_name="dedicated codes",
                            ),
                        ),
                        (
                            "shared_available",
                            models.CharField(
                                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")],
                                max_length=10,
                                verbose_name="shared codes",
                            ),
                        ),
                        (
                            "lead_time",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="lead time"
                            ),
                        ),
                        (
                            "country",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="short_code_format",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "short code format",
                        "verbose_name_plural": "short code formats",
                    },
                ),
                migrations.CreateModel(
                    name="ShortCodeOrder",
                    fields=[],
                    options={
                        "verbose_name": "short code order",
                        "verbose_name_plural": "short code orders",
                        "proxy": True,
                    },
                    bases=("numbers.number",),
                ),
                migrations.CreateModel(
                    name="ShortCodeRequest",
                    fields=[
                        (
                            "number",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="short_code_request",
                                serialize=False,
                                to="numbers.number",
                            ),
                        ),
                        (
                            "choice",
                            models.CharField(
                                choices=[("vanity", "Vanity"), ("random", "Random")],
                                max_length=10,
                                verbose_name="Short Code Type",
                            ),
                        ),
                        (
                            "desired_code",
                            models.CharField(
                                blank=True, max_length=8, verbose_name="Desired Short Code"
                            ),
                        ),
                        ("is_dedicated", models.BooleanField(verbose_name="dedicated")),
                        (
                            "monthly_volume",
                            models.PositiveIntegerField(verbose_name="messages a month"),
                        ),
                        ("purpose", models.TextField(max_length=2000, verbose_name="purpose")),
                    ],
                    options={
                        "verbose_name": "short code request",
                        "verbose_name_plural": "short code requests",
                    },
                ),
                migrations.CreateModel(
                    name="SmppArrival",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("account", models.SlugField(max_length=30)),
                        ("digest", models.BinaryField(max_length=32)),
                        ("session", models.UUIDField()),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                    ],
                    options={
                        "verbose_name": "SMPP arrival",
                        "verbose_name_plural": "SMPP arrivals",
                        "indexes": [
                            models.Index(
                                fields=["account", "digest"], name="smpp_arrival_by_digest"
                            ),
                            models.Index(fields=["received_at"], name="smpp_arrival_age"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmppFragment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("account", models.SlugField(max_length=30)),
                        ("sender", models.CharField(max_length=21)),
                        ("to", models.CharField(max_length=21)),
                        ("reference", models.PositiveIntegerField()),
                        ("number", models.PositiveSmallIntegerField()),
                        ("total", models.PositiveSmallIntegerField()),
                        ("text", models.TextField(blank=True)),
                        ("data", models.BinaryField(blank=True, default=b"")),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                    ],
                    options={
                        "verbose_name": "SMPP fragment",
                        "verbose_name_plural": "SMPP fragments",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=(
                                    "account",
                                    "sender",
                                    "to",
                                    "reference",
                                    "total",
                                    "number",
                                ),
                                name="smpp_fragment_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmppLink",
                    fields=[
                        (
                            "account",
                            models.SlugField(max_length=30, primary_key=True, serialize=False),
                        ),
                        ("is_bound", models.BooleanField(default=False, verbose_name="bound")),
                        (
                            "error",
                            models.CharField(blank=True, max_length=200, verbose_name="error"),
                        ),
                        ("seen_at", models.DateTimeField(verbose_name="seen")),
                    ],
                    options={
                        "verbose_name": "SMPP link",
                        "verbose_name_plural": "SMPP links",
                    },
                ),
                migrations.CreateModel(
                    name="SmppPart",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("account", models.SlugField(max_length=30)),
                        ("message", models.UUIDField()),
                        ("number", models.PositiveSmallIntegerField()),
                        ("total", models.PositiveSmallIntegerField()),
                        ("content", models.JSONField()),
                        (
                            "state",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "Waiting"),
                                    (1, "Submitted"),
                                    (2, "Delivered"),
                                    (3, "Failed"),
                                    (4, "Expired"),
                                ],
                                default=0,
                            ),
                        ),
                        ("provider_id", models.CharField(blank=True, max_length=65)),
                        ("failures", models.PositiveSmallIntegerField(default=0)),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("claimed_until", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "SMPP part",
                        "verbose_name_plural": "SMPP parts",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", 0)),
                                fields=["account", "due_at"],
                                name="smpp_part_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", 1)),
                                fields=["account", "provider_id"],
                                name="smpp_part_by_provider_id",
                            ),
                            models.Index(fields=["expires_at"], name="smpp_part_expires"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("message", "number"), name="smpp_part_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmppReceipt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("account", models.SlugField(max_length=30)),
                        ("provider_id", models.CharField(max_length=65)),
                        (
                            "state",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "Waiting"),
                                    (1, "Submitted"),
                                    (2, "Delivered"),
                                    (3, "Failed"),
                                    (4, "Expired"),
                                ]
                            ),
                        ),
                        ("error", models.CharField(blank=True, max_length=10)),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                    ],
                    options={
                        "verbose_name": "SMPP receipt",
                        "verbose_name_plural": "SMPP receipts",
                        "indexes": [
                            models.Index(
                                fields=["account", "provider_id"], name="smpp_receipt_by_id"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmsContentRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("source", models.TextField(blank=True, verbose_name="source")),
                        (
                            "checked_on",
                            models.DateField(
                                default=datetime.date.today, verbose_name="checked"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("no_links", "No links"),
                                    ("no_phone_numbers", "No phone numbers"),
                                    ("begins_with", "The text begins with"),
                                    ("sender_begins_with", "The Sender ID begins with"),
                                    ("names_opt_out", "The text says how to opt out"),
                                ],
                                max_length=20,
                                verbose_name="rule",
                            ),
                        ),
                        (
                            "value",
                            models.CharField(
                                blank=True,
                                help_text="For the rules about a beginning; upper and lower case are the same.",
                                max_length=20,
                                verbose_name="beginning",
                            ),
                        ),
                        (
                            "covers",
                            models.CharField(
                                choices=[
                                    ("promotional", "Promotional texts"),
                                    ("every", "Every text"),
                                ],
                                default="promotional",
                                max_length=12,
                                verbose_name="covers",
                            ),
                        ),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sms_content_rules",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "SMS content rule",
                        "verbose_name_plural": "SMS content rules",
                        "ordering": ["country", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("country", "kind", "value"),
                                name="sms_content_rule_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind__in", ("begins_with", "sender_begins_with")),
                                    ("value", ""),
                                    _connector="XOR",
                                ),
                                name="sms_content_rule_value",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmsHours",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("source", models.TextField(blank=True, verbose_name="source")),
                        (
                            "checked_on",
                            models.DateField(
                                default=datetime.date.today, verbose_name="checked"
                            ),
                        ),
                        (
                            "covers",
                            models.CharField(
                                choices=[
                                    ("promotional", "Promotional texts"),
                                    ("every", "Every text"),
                                ],
                                default="promotional",
                                max_length=12,
                                verbose_name="covers",
                            ),
                        ),
                        (
                            "days",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                default=imiconnect.numbers.models.sms_rules._days,
                                help_text="1 is Monday, 7 Sunday; with commas between.",
                                size=None,
                                verbose_name="days",
                            ),
                        ),
                        ("opens", models.TimeField(verbose_name="from")),
                        ("closes", models.TimeField(verbose_name="until")),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sms_hours",
                                to="numbers.country",
                            ),
                        ),
                        (
                            "holidays",
                            models.CharField(
                                blank=True,
                                help_text="The ISO code of the country, or of a part of it such as FR-57; empty where texts go out on public holidays too.",
                                max_length=10,
                                validators=[imiconnect.public_holidays.check_place],
                                verbose_name="not on public holidays of",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "SMS hours",
                        "verbose_name_plural": "SMS hours",
                        "ordering": ["country", "id"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("country", "covers", "days", "opens"),
                                name="sms_hours_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("opens__lt", models.F("closes"))),
                                name="sms_hours_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("days__contained_by", [1, 2, 3, 4, 5, 6, 7]),
                                    ("days__len__gte", 1),
                                ),
                                name="sms_hours_on_days",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SmsRestriction",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("source", models.TextField(blank=True, verbose_name="source")),
                        (
                            "checked_on",
                            models.DateField(
                                default=datetime.date.today, verbose_name="checked"
                            ),
                        ),
                        (
                            "alphanumeric_sender_id",
                            models.CharField(
                                choices=[
                                    ("supported", "Supported"),
                                    ("preregistration", "Preregistration"),
                                    ("not_supported", "Not supported"),
                                    ("unknown", "Unknown"),
                                ],
                                max_length=20,
                                verbose_name="alphanumeric Sender ID",
                            ),
                        ),
                        (
                            "numeric_sender",
                            models.CharField(
                                choices=[
                                    ("supported", "Supported"),
                                    ("overwritten", "Overwritten on the way"),
                                    ("not_supported", "Not supported"),
                                    ("unknown", "Unknown"),
                                ],
                                max_length=20,
                                verbose_name="numeric sender",
                            ),
                        ),
                        (
                            "two_way_sms",
                            models.CharField(
                                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")],
                                max_length=10,
                                verbose_name="two-way SMS",
                            ),
                        ),
                        (
                            "short_code_available",
                            models.CharField(
                                choices=[("yes", "Yes"), ("no", "No"), ("unknown", "Unknown")],
                                max_length=10,
                                verbose_name="short codes",
                            ),
                        ),
                        (
                            "quiet_hours",
                            models.TextField(blank=True, verbose_name="quiet hours"),
                        ),
                        (
                            "other_content_restrictions",
                            models.TextField(blank=True, verbose_name="other restrictions"),
                        ),
                        (
                            "country",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sms_restriction",
                                to="numbers.country",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "SMS restriction",
                        "verbose_name_plural": "SMS restrictions",
                    },
                ),
                migrations.CreateModel(
                    name="StockNumber",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        (
                            "e164",
                            models.CharField(max_length=16, unique=True, verbose_name="number"),
                        ),
                        ("national", models.CharField(editable=False, max_length=15)),
                        (
                            "number_type",
                            models.CharField(
                                choices=[
                                    ("multi_function", "Multi-Function"),
                                    ("landline", "Landline"),
                                    ("mobile", "Mobile"),
                                    ("tollfree", "Tollfree"),
                                ],
                                max_length=20,
                                verbose_name="type",
                            ),
                        ),
                        (
                            "operator",
                            models.CharField(
                                blank=True, max_length=80, verbose_name="operator"
                            ),
                        ),
                        (
                            "tokens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.IntegerField(), editable=False, size=None
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("available", "Available"),
                                    ("sold", "Sold"),
                                    ("withdrawn", "Withdrawn"),
                                ],
                                default="available",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "sold_to",
                            models.UUIDField(
                                blank=True,
                                editable=False,
                                null=True,
                                unique=True,
                                verbose_name="order",
                            ),
                        ),
                        (
                            "country",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stock",
                                to="numbers.country",
                            ),
                        ),
                        (
                            "place",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stock",
                                to="numbers.place",
                                verbose_name="place",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock number",
                        "verbose_name_plural": "stock",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "available")),
                                fields=["country", "number_type", "national"],
                                name="stock_in_order",
                            ),
                            django.contrib.postgres.indexes.GinIndex(
                                condition=models.Q(("state", "available")),
                                fields=["tokens"],
                                name="stock_tokens",
                            ),
                            models.Index(
                                condition=models.Q(
                                    ("place__isnull", False), ("state", "available")
                                ),
                                fields=["place", "number_type", "national"],
                                name="stock_in_place",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("sold_to__isnull", False), ("state", "sold")),
                                    models.Q(
                                        models.Q(("state", "sold"), _negated=True),
                                        ("sold_to__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="stock_sold_to_an_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("e164__regex", "^\\+[1-9][0-9]{4,14}$")),
                                name="stock_e164",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Throughput",
                    fields=[
                        (
                            "key",
                            models.CharField(max_length=60, primary_key=True, serialize=False),
                        ),
                        ("tokens", models.FloatField()),
                        ("filled_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "throughput",
                        "verbose_name_plural": "throughput",
                        "ordering": ["key"],
                    },
                ),
            ]
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
