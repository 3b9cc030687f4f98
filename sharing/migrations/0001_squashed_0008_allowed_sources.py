"""The tables of shares, services and rules, as the migrations up to 0008 leave them."""

import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import imiconnect.vault
from imiconnect.migrating import CreateModels


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("sharing", "0001_initial"),
        ("sharing", "0002_numbers_of_services"),
        ("sharing", "0003_rules"),
        ("sharing", "0004_purpose_of_texts"),
        ("sharing", "0005_rule_referrals"),
        ("sharing", "0006_service_typing_events"),
        ("sharing", "0007_share_index"),
        ("sharing", "0008_allowed_sources"),
    ]

    dependencies = [
        ("accounts", "0003_invited_by"),
        ("apps", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("numbers", "0003_queues"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Service",
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
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        (
                            "description",
                            models.CharField(
                                blank=True, max_length=500, verbose_name="description"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("live", "Live"),
                                    ("suspended", "Suspended"),
                                ],
                                default="draft",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "receipt_url",
                            models.URLField(
                                blank=True, max_length=500, verbose_name="receipt callback URL"
                            ),
                        ),
                        ("receipt_kinds", models.JSONField(blank=True, default=dict)),
                        (
                            "inbound_url",
                            models.URLField(
                                blank=True,
                                max_length=500,
                                verbose_name="callback URL for incoming messages",
                            ),
                        ),
                        (
                            "signing_secret",
                            imiconnect.vault.EncryptedTextField(blank=True, default=""),
                        ),
                        (
                            "previous_signing_secret",
                            imiconnect.vault.EncryptedTextField(blank=True, default=""),
                        ),
                        ("previous_signing_until", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "group",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="accounts.group",
                                verbose_name="group",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="%(class)ss",
                                to="accounts.organization",
                                verbose_name="organization",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="accounts.team",
                                verbose_name="team",
                            ),
                        ),
                        (
                            "sms_purpose",
                            models.CharField(
                                choices=[
                                    ("transactional", "Transactional: codes, alerts, answers"),
                                    ("promotional", "Promotional: offers and advertising"),
                                ],
                                default="transactional",
                                max_length=15,
                                verbose_name="purpose of its SMS",
                            ),
                        ),
                        (
                            "sms_quiet_hours",
                            models.CharField(
                                choices=[
                                    ("wait", "Wait until they end"),
                                    ("refuse", "Refuse the message"),
                                ],
                                default="wait",
                                max_length=10,
                                verbose_name="in quiet hours",
                            ),
                        ),
                        (
                            "typing_events",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                verbose_name="tell when a customer types",
                            ),
                        ),
                        (
                            "allowed_sources",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=43),
                                blank=True,
                                db_default=[],
                                default=list,
                                size=None,
                                verbose_name="allowed source addresses",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "service",
                        "verbose_name_plural": "services",
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("group__isnull", False),
                                    _connector="OR",
                                ),
                                name="service_team_has_group",
                            ),
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                name="service_name_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Allocation",
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
                        ("channel", models.SlugField(max_length=30, verbose_name="channel")),
                        (
                            "is_inbound",
                            models.BooleanField(
                                default=False, verbose_name="gets incoming messages"
                            ),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="apps.app",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.team",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="allocations",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "allocation",
                        "verbose_name_plural": "allocations",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("user__isnull", True),
                                    _connector="OR",
                                ),
                                name="allocation_one_holder",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("team__isnull", True), ("user__isnull", True)
                                ),
                                fields=("service", "channel"),
                                name="allocation_one_for_all",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("team__isnull", False)),
                                fields=("service", "channel", "team"),
                                name="allocation_one_per_team",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("user__isnull", False)),
                                fields=("service", "channel", "user"),
                                name="allocation_one_per_user",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_inbound", True)),
                                fields=("app",),
                                name="allocation_one_inbound",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AppShare",
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
                            "include_teams",
                            models.BooleanField(
                                default=False,
                                verbose_name="share to all teams under this group",
                            ),
                        ),
                        (
                            "ends_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="ends"),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "content_object",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="shares",
                                to="apps.app",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "group",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, to="auth.group"
                            ),
                        ),
                        (
                            "permission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                to="auth.permission",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "share",
                        "verbose_name_plural": "shares",
                        "abstract": False,
                        "indexes": [
                            models.Index(
                                fields=["group", "-content_object"],
                                include=("ends_at", "include_teams"),
                                name="app_share_held",
                            )
                        ],
                        "unique_together": {("group", "permission", "content_object")},
                    },
                ),
                migrations.CreateModel(
                    name="NumberAllocation",
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
                            "channel",
                            models.CharField(
                                choices=[("sms", "SMS"), ("voice", "Voice")],
                                max_length=10,
                                verbose_name="channel",
                            ),
                        ),
                        (
                            "is_inbound",
                            models.BooleanField(
                                default=False, verbose_name="gets incoming messages"
                            ),
                        ),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="numbers.number",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="number_allocations",
                                to="sharing.service",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.team",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "number of a service",
                        "verbose_name_plural": "numbers of services",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("user__isnull", True),
                                    _connector="OR",
                                ),
                                name="number_allocation_one_holder",
                            ),
                            models.UniqueConstraint(
                                fields=("service", "channel", "number", "team", "user"),
                                name="number_allocation_once",
                                nulls_distinct=False,
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "sender_id"),
                                    ("team__isnull", True),
                                    ("user__isnull", True),
                                ),
                                fields=("service", "channel"),
                                name="number_allocation_sender_for_all",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "sender_id"), ("team__isnull", False)
                                ),
                                fields=("service", "channel", "team"),
                                name="number_allocation_sender_per_team",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("kind", "sender_id"), ("user__isnull", False)
                                ),
                                fields=("service", "channel", "user"),
                                name="number_allocation_sender_per_user",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_inbound", True)),
                                fields=("number", "channel"),
                                name="number_allocation_one_inbound",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rule",
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
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        ("position", models.PositiveIntegerField(verbose_name="position")),
                        (
                            "listens",
                            models.CharField(
                                choices=[
                                    ("message", "Incoming message"),
                                    ("keyword", "Keyword"),
                                    ("postback", "Postback"),
                                    ("optin", "Plugin opt-in"),
                                    ("referral", "Link or code followed"),
                                    ("device", "Device event"),
                                    ("receipt", "Receipt"),
                                ],
                                max_length=10,
                                verbose_name="event",
                            ),
                        ),
                        (
                            "channel",
                            models.SlugField(blank=True, max_length=30, verbose_name="channel"),
                        ),
                        (
                            "conditions",
                            models.JSONField(
                                blank=True, default=list, verbose_name="conditions"
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("message", "Send a message"),
                                    ("call", "Place a call"),
                                    ("url", "Notify a URL"),
                                ],
                                max_length=10,
                                verbose_name="action",
                            ),
                        ),
                        (
                            "send_channel",
                            models.SlugField(
                                blank=True, max_length=30, verbose_name="send by channel"
                            ),
                        ),
                        (
                            "recipient",
                            models.CharField(
                                blank=True,
                                default="{{from}}",
                                max_length=200,
                                verbose_name="to",
                            ),
                        ),
                        ("text", models.TextField(blank=True, verbose_name="text")),
                        (
                            "url",
                            models.CharField(blank=True, max_length=500, verbose_name="URL"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        (
                            "starts_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="valid from"
                            ),
                        ),
                        (
                            "ends_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="valid until"
                            ),
                        ),
                        (
                            "stops",
                            models.BooleanField(
                                default=False, verbose_name="later rules are left out"
                            ),
                        ),
                        (
                            "limit_per_minute",
                            models.PositiveIntegerField(
                                default=60, verbose_name="actions a minute at most"
                            ),
                        ),
                        (
                            "pause_seconds",
                            models.PositiveIntegerField(
                                default=0, verbose_name="pause for each customer"
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "app",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
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
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "send_app",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rules",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "rule",
                        "verbose_name_plural": "rules",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_active", True)),
                                fields=["organization", "listens"],
                                name="rule_listening",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("service"),
                                django.db.models.functions.text.Lower("name"),
                                name="rule_name_once",
                            ),
                            models.UniqueConstraint(
                                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                                fields=("service", "position"),
                                name="rule_position_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("starts_at__isnull", True),
                                    ("ends_at__isnull", True),
                                    ("ends_at__gt", models.F("starts_at")),
                                    _connector="OR",
                                ),
                                name="rule_ends_after_start",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleRun",
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
                        ("event_id", models.UUIDField()),
                        ("event_kind", models.CharField(max_length=10, verbose_name="event")),
                        ("channel", models.CharField(max_length=30, verbose_name="channel")),
                        ("address", models.CharField(max_length=200, verbose_name="customer")),
                        ("message_id", models.UUIDField(blank=True, null=True)),
                        ("chain", models.JSONField(default=list)),
                        ("act", models.JSONField(default=dict, verbose_name="action")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("skipped", "Skipped"),
                                ],
                                default="pending",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        ("transid", models.UUIDField(blank=True, null=True)),
                        (
                            "code",
                            models.PositiveSmallIntegerField(default=0, verbose_name="code"),
                        ),
                        ("reason", models.TextField(blank=True, verbose_name="reason")),
                        (
                            "rule",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="sharing.rule",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "action of a rule",
                        "verbose_name_plural": "actions of rules",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="rule_run_due",
                            ),
                            models.Index(fields=["rule", "-id"], name="rule_run_newest"),
                            models.Index(
                                fields=["rule", "address", "-id"], name="rule_run_of_customer"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("rule", "event_id"), name="rule_run_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ServiceKey",
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
                            "secret",
                            imiconnect.vault.EncryptedTextField(verbose_name="service key"),
                        ),
                        (
                            "digest",
                            models.CharField(editable=False, max_length=64, unique=True),
                        ),
                        (
                            "expires_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="valid until"
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "service key",
                        "verbose_name_plural": "service keys",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("expires_at__isnull", True)),
                                fields=("service",),
                                name="service_key_one_current",
                            )
                        ],
                    },
                ),
            ]
        ),
    ]
