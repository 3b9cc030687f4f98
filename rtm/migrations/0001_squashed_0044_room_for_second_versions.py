"""The tables of the gateway, as the migrations up to 0044 leave them."""

import uuid
from typing import Any

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone as clock

import imiconnect.vault
from imiconnect.migrating import CreateModels
from imiconnect.rtm.partitions import (
    FILL_PERCENT,
    CreatePartitionedModel,
    ensure_partitions,
    partitions_of,
)

#: Those of the partitioned tables. None names a column that a change of state writes, not even
#: in a condition: such a change then writes no index at all (a heap-only update). A message of
#: the RTM channel is in none of the last three.
_INDEXES = (
    "message_newest ON rtm_message (organization_id, id)",
    "message_service_newest ON rtm_message (service_id, id)",
    "message_thread ON rtm_message (thread_id, id) WHERE thread_id IS NOT NULL",
    "message_correlation ON rtm_message (organization_id, correlation_id) "
    "WHERE correlation_id <> ''",
    "message_failed ON rtm_message (organization_id, id) WHERE is_failed",
    "attempt_of_message ON rtm_attempt (message_id)",
    "message_no_thread ON rtm_message (organization_id, address, id) WHERE thread_id IS NULL",
    "message_other_channel ON rtm_message (organization_id, channel, id) WHERE channel <> 'rt'",
    "message_of_number ON rtm_message ((payload ->> 'number'), id) "
    "WHERE channel IN ('sms', 'voice')",
)
#: Ids do not compress. Room in a page is for the claims of its batches, and for what a message
#: changes in its thread.
_STORAGE = """
ALTER TABLE rtm_messagebatch ALTER COLUMN messages SET STORAGE EXTERNAL;
ALTER TABLE rtm_messagebatch SET (fillfactor = 50);
ALTER TABLE rtm_receiptbatch ALTER COLUMN tids SET STORAGE EXTERNAL;
ALTER TABLE rtm_thread SET (fillfactor = 70);
"""


def make_partitions(apps: Any, schema_editor: Any) -> None:
    """Make the partitions of this week and the next ones, and the default one."""
    ensure_partitions(clock.now())
    for table, percent in FILL_PERCENT.items():
        for name in partitions_of(table):
            schema_editor.execute(f"ALTER TABLE {name} SET (fillfactor = {percent})")


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("rtm", "0001_initial"),
        ("rtm", "0002_presence"),
        ("rtm", "0003_client_refs"),
        ("rtm", "0004_rare_messages"),
        ("rtm", "0005_media_and_providers"),
        ("rtm", "0006_events_and_erasures"),
        ("rtm", "0007_conversations"),
        ("rtm", "0008_rules"),
        ("rtm", "0009_sms"),
        ("rtm", "0010_push"),
        ("rtm", "0011_desk"),
        ("rtm", "0012_contacts"),
        ("rtm", "0013_away_since"),
        ("rtm", "0014_media_files"),
        ("rtm", "0015_breakers"),
        ("rtm", "0016_onboarding"),
        ("rtm", "0017_contact_window_sent"),
        ("rtm", "0018_unclaimed_texts"),
        ("rtm", "0019_messages_of_a_number"),
        ("rtm", "0020_device_ended_by"),
        ("rtm", "0021_contact_brief_windows"),
        ("rtm", "0022_contact_profile_due_at"),
        ("rtm", "0023_callback_typing"),
        ("rtm", "0024_device_former_refresh_digest"),
        ("rtm", "0025_contact_closed_at"),
        ("rtm", "0026_fanout_outcomes"),
        ("rtm", "0027_fanout_turns"),
        ("rtm", "0028_thread_waits_since"),
        ("rtm", "0029_watermarks"),
        ("rtm", "0030_thread_waits_filled"),
        ("rtm", "0031_media_usage"),
        ("rtm", "0032_fanout_turn_index"),
        ("rtm", "0033_contact_capabilities"),
        ("rtm", "0034_recordings"),
        ("rtm", "0035_deleted_topics"),
        ("rtm", "0036_media_refused"),
        ("rtm", "0037_owed_messages"),
        ("rtm", "0038_user_pins"),
        ("rtm", "0039_message_templates"),
        ("rtm", "0040_message_batches"),
        ("rtm", "0041_thread_by_user"),
        ("rtm", "0042_receipt_batches"),
        ("rtm", "0043_message_tried_at"),
        ("rtm", "0044_room_for_second_versions"),
    ]

    dependencies = [
        ("accounts", "0006_sessions_of_seated_backend"),
        ("apps", "0006_some_hook_files"),
        ("numbers", "0011_places"),
        ("sharing", "0008_allowed_sources"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Stream",
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
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="streams",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "is_shared",
                            models.BooleanField(
                                default=False, verbose_name="shared by all agents"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stream",
                        "verbose_name_plural": "streams",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "name"), name="stream_name_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Topic",
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
                            "title",
                            models.CharField(blank=True, max_length=200, verbose_name="title"),
                        ),
                        (
                            "description",
                            models.CharField(
                                blank=True, max_length=500, verbose_name="description"
                            ),
                        ),
                        (
                            "group",
                            models.CharField(blank=True, max_length=100, verbose_name="group"),
                        ),
                        (
                            "access",
                            models.CharField(
                                choices=[
                                    ("ReadWrite", "Read and write"),
                                    ("Read", "Read"),
                                    ("Write", "Write"),
                                ],
                                default="ReadWrite",
                                max_length=9,
                                verbose_name="access level",
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="topics",
                                to="apps.app",
                            ),
                        ),
                        (
                            "deleted_at",
                            models.DateTimeField(
                                editable=False, null=True, verbose_name="deleted"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "topic",
                        "verbose_name_plural": "topics",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("deleted_at__isnull", False)),
                                fields=["deleted_at"],
                                name="topic_deleted",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("app"),
                                django.db.models.functions.text.Lower("name"),
                                condition=models.Q(("deleted_at__isnull", True)),
                                name="topic_name_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Thread",
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
                            "user_id",
                            models.CharField(
                                blank=True, max_length=128, verbose_name="user ID"
                            ),
                        ),
                        (
                            "type",
                            models.CharField(
                                choices=[
                                    ("Conversation", "Conversation"),
                                    ("Announcement", "Announcement"),
                                ],
                                default="Conversation",
                                max_length=12,
                                verbose_name="type",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("Active", "Active"), ("Closed", "Closed")],
                                default="Active",
                                max_length=6,
                                verbose_name="status",
                            ),
                        ),
                        (
                            "title",
                            models.CharField(blank=True, max_length=200, verbose_name="title"),
                        ),
                        (
                            "category",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="category"
                            ),
                        ),
                        (
                            "external_id",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="external ID"
                            ),
                        ),
                        ("extras", models.JSONField(blank=True, default=dict)),
                        ("is_default", models.BooleanField(default=False)),
                        ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="threads",
                                to="apps.app",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="threads",
                                to="sharing.service",
                            ),
                        ),
                        (
                            "stream",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="threads",
                                to="rtm.stream",
                            ),
                        ),
                        (
                            "topic",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="threads",
                                to="rtm.topic",
                            ),
                        ),
                        (
                            "waits_since",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="waits since"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "thread",
                        "verbose_name_plural": "threads",
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("status", "Active"), ("waits_since__isnull", False)
                                ),
                                fields=["app", "waits_since"],
                                name="thread_waits",
                            ),
                            models.Index(fields=["app", "user_id"], name="thread_by_user"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("app", "user_id", "stream", "topic"),
                                name="thread_one_default",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("topic__isnull", True), ("user_id", ""), _connector="OR"
                                ),
                                name="thread_of_topic_or_user",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assignment",
                    fields=[
                        (
                            "thread",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="assignment",
                                serialize=False,
                                to="rtm.thread",
                            ),
                        ),
                        (
                            "assigned_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="assigned"
                            ),
                        ),
                        (
                            "agent",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.member",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "assignment of a conversation",
                        "verbose_name_plural": "assignments of conversations",
                    },
                ),
                CreatePartitionedModel(
                    name="Attempt",
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
                        ("message_id", models.UUIDField()),
                        ("number", models.SmallIntegerField()),
                        ("route", models.CharField(max_length=30)),
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("succeeded", models.BooleanField(default=False)),
                        ("code", models.SmallIntegerField(default=0)),
                        ("reason", models.TextField(default="")),
                        ("detail", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "attempt",
                        "verbose_name_plural": "attempts",
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="Breaker",
                    fields=[
                        (
                            "app",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="breaker",
                                serialize=False,
                                to="apps.app",
                            ),
                        ),
                        (
                            "failures",
                            models.PositiveIntegerField(
                                default=0, verbose_name="failures in a row"
                            ),
                        ),
                        (
                            "pause",
                            models.PositiveIntegerField(verbose_name="next pause (seconds)"),
                        ),
                        (
                            "retry_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="next try"
                            ),
                        ),
                        ("error", models.TextField(blank=True, verbose_name="last error")),
                        ("failed_at", models.DateTimeField(verbose_name="last failure")),
                    ],
                    options={
                        "verbose_name": "circuit breaker",
                        "verbose_name_plural": "circuit breakers",
                    },
                ),
                migrations.CreateModel(
                    name="Callback",
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
                        ("message_id", models.UUIDField(blank=True, null=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("dr", "Receipt"),
                                    ("mo", "Incoming message"),
                                    ("ru", "Rule"),
                                    ("ty", "Typing"),
                                ],
                                max_length=2,
                                verbose_name="kind",
                            ),
                        ),
                        ("event", models.CharField(max_length=20, verbose_name="event")),
                        ("url", models.TextField(verbose_name="URL")),
                        ("body", models.TextField(verbose_name="body")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "Pending"),
                                    ("delivered", "Delivered"),
                                    ("failed", "Failed"),
                                ],
                                default="pending",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "attempts",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="attempts"
                            ),
                        ),
                        (
                            "due_at",
                            models.DateTimeField(
                                blank=True,
                                default=django.utils.timezone.now,
                                null=True,
                                verbose_name="next attempt",
                            ),
                        ),
                        (
                            "finished_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="finished"
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
                            "service",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="callbacks",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "callback",
                        "verbose_name_plural": "callbacks",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "pending")),
                                fields=["due_at"],
                                name="callback_due",
                            ),
                            models.Index(fields=["message_id"], name="callback_of_message"),
                            models.Index(
                                fields=["organization", "-id"], name="callback_newest"
                            ),
                            models.Index(
                                condition=models.Q(("kind", "ty")),
                                fields=["id"],
                                name="callback_of_typing",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CallbackAttempt",
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
                        ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                        (
                            "status_code",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="status"
                            ),
                        ),
                        ("error", models.TextField(blank=True, verbose_name="error")),
                        (
                            "duration_ms",
                            models.PositiveIntegerField(
                                default=0, verbose_name="duration (ms)"
                            ),
                        ),
                        (
                            "response",
                            models.TextField(
                                blank=True, verbose_name="beginning of the answer"
                            ),
                        ),
                        (
                            "callback",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="tries",
                                to="rtm.callback",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "callback attempt",
                        "verbose_name_plural": "callback attempts",
                        "indexes": [
                            models.Index(
                                fields=["callback", "number"], name="callback_attempt_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClientRef",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("device_id", models.CharField(max_length=128)),
                        ("ref", models.CharField(max_length=255)),
                        ("tid", models.UUIDField()),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "verbose_name": "device's message reference",
                        "verbose_name_plural": "devices' message references",
                        "indexes": [models.Index(fields=["created_at"], name="client_ref_age")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app_id", "address", "device_id", "ref"),
                                name="client_ref_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Companion",
                    fields=[
                        (
                            "id",
                            models.UUIDField(editable=False, primary_key=True, serialize=False),
                        ),
                        ("organization_id", models.UUIDField()),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("payload", models.JSONField(default=dict)),
                        ("expires_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "verbose_name": "companion notification",
                        "verbose_name_plural": "companion notifications",
                        "indexes": [models.Index(fields=["due_at"], name="companion_due")],
                    },
                ),
                migrations.CreateModel(
                    name="ConnectionHolder",
                    fields=[
                        (
                            "name",
                            models.CharField(max_length=64, primary_key=True, serialize=False),
                        ),
                        ("seen_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "connection server",
                        "verbose_name_plural": "connection servers",
                    },
                ),
                migrations.CreateModel(
                    name="Customer",
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
                            "customer_id",
                            models.CharField(max_length=100, verbose_name="customer ID"),
                        ),
                        (
                            "attributes",
                            models.JSONField(
                                blank=True, default=dict, verbose_name="attributes"
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="customers",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "customer",
                        "verbose_name_plural": "customers",
                        "indexes": [
                            models.Index(
                                fields=["organization", "-id"], name="customer_newest"
                            ),
                            models.Index(
                                models.F("organization"),
                                models.Func(
                                    django.db.models.fields.json.KeyTextTransform(
                                        "msisdn", "attributes"
                                    ),
                                    models.Value("\\D"),
                                    models.Value(""),
                                    models.Value("g"),
                                    function="regexp_replace",
                                    output_field=models.TextField(),
                                ),
                                name="customer_msisdn",
                            ),
                            models.Index(
                                models.F("organization"),
                                django.db.models.functions.text.Lower(
                                    django.db.models.fields.json.KeyTextTransform(
                                        "email", "attributes"
                                    )
                                ),
                                name="customer_email",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "customer_id"), name="customer_id_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Contact",
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
                        ("address", models.CharField(max_length=128, verbose_name="address")),
                        (
                            "last_in_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last message from them"
                            ),
                        ),
                        (
                            "profile",
                            models.JSONField(blank=True, default=dict, verbose_name="profile"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="contacts",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="contacts",
                                to="rtm.customer",
                            ),
                        ),
                        (
                            "window_sent",
                            models.PositiveIntegerField(
                                db_default=0, default=0, verbose_name="messages to them since"
                            ),
                        ),
                        ("brief_ends_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "brief_left",
                            models.PositiveSmallIntegerField(db_default=0, default=0),
                        ),
                        (
                            "profile_due_at",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        (
                            "closed_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="left at"),
                        ),
                        (
                            "capabilities",
                            models.JSONField(blank=True, editable=False, null=True),
                        ),
                    ],
                    options={
                        "verbose_name": "contact",
                        "verbose_name_plural": "contacts",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("profile_due_at__isnull", False)),
                                fields=["profile_due_at"],
                                name="contact_profile_due",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app", "address"), name="contact_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Device",
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
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        (
                            "device_id",
                            models.CharField(max_length=128, verbose_name="device ID"),
                        ),
                        ("is_guest", models.BooleanField(default=False, verbose_name="guest")),
                        (
                            "platform",
                            models.CharField(
                                blank=True, max_length=20, verbose_name="platform"
                            ),
                        ),
                        (
                            "attributes",
                            models.JSONField(
                                blank=True, default=dict, verbose_name="attributes"
                            ),
                        ),
                        ("push_id", models.CharField(blank=True, max_length=4096)),
                        (
                            "access_token_digest",
                            models.CharField(
                                editable=False, max_length=64, null=True, unique=True
                            ),
                        ),
                        (
                            "refresh_token_digest",
                            models.CharField(
                                editable=False, max_length=64, null=True, unique=True
                            ),
                        ),
                        ("token_expires_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "is_connected",
                            models.BooleanField(default=False, verbose_name="connected"),
                        ),
                        ("session_epoch", models.BigIntegerField(default=0)),
                        (
                            "last_seen_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last seen"
                            ),
                        ),
                        (
                            "unregistered_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="unregistered"
                            ),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="devices",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="devices",
                                to="rtm.customer",
                            ),
                        ),
                        (
                            "holder",
                            models.CharField(
                                blank=True, default="", editable=False, max_length=64
                            ),
                        ),
                        (
                            "away_since",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        (
                            "ended_by",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                editable=False,
                                max_length=10,
                                verbose_name="ended by",
                            ),
                        ),
                        (
                            "former_refresh_digest",
                            models.CharField(
                                editable=False, max_length=64, null=True, unique=True
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "device",
                        "verbose_name_plural": "devices",
                        "indexes": [
                            models.Index(fields=["app", "-id"], name="device_newest"),
                            models.Index(
                                condition=models.Q(("is_connected", True)),
                                fields=["holder"],
                                name="device_connected_by",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app", "user_id", "device_id"), name="device_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeviceEvent",
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
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        (
                            "device_name",
                            models.CharField(max_length=128, verbose_name="device ID"),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("register", "Registered"),
                                    ("unregister", "Unregistered"),
                                    ("location", "Location changed"),
                                    ("network", "Network changed"),
                                    ("timezone", "Time zone changed"),
                                    ("roaming", "Roaming changed"),
                                    ("battery", "Battery"),
                                    ("custom", "Event of the app"),
                                    ("connected", "Came online"),
                                    ("disconnected", "Went offline"),
                                ],
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "name",
                            models.CharField(blank=True, max_length=100, verbose_name="name"),
                        ),
                        (
                            "data",
                            models.JSONField(blank=True, default=dict, verbose_name="data"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="events",
                                to="rtm.customer",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="events",
                                to="rtm.device",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "device event",
                        "verbose_name_plural": "device events",
                        "indexes": [
                            models.Index(
                                fields=["customer", "-id"], name="device_event_of_customer"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Erasure",
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
                        ("places", models.JSONField(default=dict)),
                        (
                            "emptied",
                            models.PositiveIntegerField(
                                default=0, verbose_name="messages emptied"
                            ),
                        ),
                        (
                            "done_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="done"),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "erasure",
                        "verbose_name_plural": "erasures",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at__isnull", True)),
                                fields=["id"],
                                name="erasure_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FanOut",
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
                        ("transid", models.UUIDField()),
                        ("kind", models.CharField(max_length=20)),
                        ("named", models.CharField(max_length=1000)),
                        ("plan", models.JSONField()),
                        ("thread_id", models.UUIDField(null=True)),
                        ("stream_id", models.UUIDField(null=True)),
                        (
                            "but_not",
                            models.CharField(db_default="", default="", max_length=128),
                        ),
                        ("payload", models.JSONField(default=dict)),
                        (
                            "correlation_id",
                            models.CharField(db_default="", default="", max_length=100),
                        ),
                        ("callback_data", models.TextField(db_default="", default="")),
                        ("notify_url", models.TextField(db_default="", default="")),
                        ("priority", models.SmallIntegerField(db_default=2, default=2)),
                        ("accepted_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("after", models.CharField(db_default="", default="", max_length=128)),
                        (
                            "sent",
                            models.IntegerField(
                                db_default=0, default=0, verbose_name="messages"
                            ),
                        ),
                        (
                            "finished_at",
                            models.DateTimeField(null=True, verbose_name="finished"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
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
                            "service",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="sharing.service",
                            ),
                        ),
                        ("code", models.SmallIntegerField(db_default=0, default=0)),
                        (
                            "missed",
                            models.IntegerField(
                                db_default=0, default=0, verbose_name="not reached"
                            ),
                        ),
                        (
                            "turned_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                default=django.utils.timezone.now,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "fan-out",
                        "verbose_name_plural": "fan-outs",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("finished_at__isnull", True)),
                                fields=["id"],
                                name="fanout_open",
                            ),
                            models.Index(fields=["transid"], name="fanout_request"),
                            models.Index(fields=["app", "-id"], name="fanout_newest"),
                            models.Index(
                                condition=models.Q(("finished_at__isnull", True)),
                                fields=["priority", "organization", "turned_at", "id"],
                                name="fanout_turn",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FanOutTurn",
                    fields=[
                        (
                            "organization",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="accounts.organization",
                            ),
                        ),
                        ("taken_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "turn of fan-outs",
                        "verbose_name_plural": "turns of fan-outs",
                    },
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("key", models.CharField(max_length=255)),
                        ("body_digest", models.BinaryField()),
                        ("transid", models.UUIDField()),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                        "verbose_name": "idempotency key",
                        "verbose_name_plural": "idempotency keys",
                        "indexes": [
                            models.Index(fields=["created_at"], name="idempotency_key_age"),
                            models.Index(fields=["transid"], name="idempotency_key_transid"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("service", "key"), name="idempotency_key_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Inbound",
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
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("device_id", models.CharField(default="", max_length=128)),
                        ("body", models.JSONField(default=dict)),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                        (
                            "channel",
                            models.CharField(db_default="rt", default="rt", max_length=10),
                        ),
                        ("organization_id", models.UUIDField(null=True)),
                        ("service_id", models.UUIDField(null=True)),
                        ("url", models.TextField(db_default="", default="")),
                    ],
                    options={
                        "verbose_name": "waiting incoming message",
                        "verbose_name_plural": "waiting incoming messages",
                        "indexes": [models.Index(fields=["due_at"], name="inbound_due")],
                    },
                ),
                migrations.CreateModel(
                    name="MediaFile",
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
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        (
                            "content_type",
                            models.CharField(max_length=100, verbose_name="content type"),
                        ),
                        ("size", models.PositiveIntegerField(verbose_name="size (bytes)")),
                        ("path", models.CharField(max_length=200)),
                        (
                            "has_preview",
                            models.BooleanField(default=False, verbose_name="preview"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "preview_size",
                            models.PositiveIntegerField(
                                db_default=0,
                                default=0,
                                verbose_name="size of the preview (bytes)",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "media file",
                        "verbose_name_plural": "media files",
                        "indexes": [models.Index(fields=["created_at"], name="media_age")],
                    },
                ),
                migrations.CreateModel(
                    name="MediaUsage",
                    fields=[
                        (
                            "app",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="apps.app",
                            ),
                        ),
                        (
                            "bytes",
                            models.BigIntegerField(
                                db_default=0, default=0, verbose_name="bytes"
                            ),
                        ),
                        (
                            "refused_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last refused"
                            ),
                        ),
                        (
                            "told_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="told"),
                        ),
                    ],
                    options={
                        "verbose_name": "files of an app",
                        "verbose_name_plural": "files of apps",
                    },
                ),
                CreatePartitionedModel(
                    name="Message",
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
                        ("transid", models.UUIDField()),
                        (
                            "channel",
                            models.CharField(
                                choices=[
                                    ("rt", "Live chat / In-app"),
                                    ("push", "Push"),
                                    ("sms", "SMS"),
                                    ("voice", "Voice"),
                                    ("fb", "Facebook"),
                                    ("twitter", "Twitter"),
                                    ("wechat", "WeChat"),
                                    ("apple", "Apple Business Chat"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "direction",
                            models.SmallIntegerField(
                                choices=[(0, "To customer (MT)"), (1, "From customer (MO)")],
                                db_default=0,
                                default=0,
                            ),
                        ),
                        ("address", models.CharField(max_length=128)),
                        (
                            "address_type",
                            models.CharField(
                                db_default="userid", default="userid", max_length=20
                            ),
                        ),
                        (
                            "device_id",
                            models.CharField(db_default="", default="", max_length=128),
                        ),
                        (
                            "correlation_id",
                            models.CharField(db_default="", default="", max_length=100),
                        ),
                        ("callback_data", models.TextField(db_default="", default="")),
                        ("notify_url", models.TextField(db_default="", default="")),
                        ("priority", models.SmallIntegerField(db_default=2, default=2)),
                        (
                            "state",
                            models.SmallIntegerField(
                                choices=[
                                    (0, "Queued"),
                                    (1, "Submitted"),
                                    (2, "Delivered"),
                                    (3, "Read"),
                                    (4, "Failed"),
                                    (5, "Expired"),
                                    (6, "Received"),
                                ],
                                db_default=0,
                                default=0,
                            ),
                        ),
                        ("code", models.SmallIntegerField(db_default=0, default=0)),
                        ("reason", models.TextField(db_default="", default="")),
                        ("payload", models.JSONField(default=dict)),
                        ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                        ("is_failed", models.BooleanField(db_default=False, default=False)),
                        ("expires_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("delivered_at", models.DateTimeField(null=True)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("clicked_at", models.DateTimeField(null=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "app",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="sharing.service",
                            ),
                        ),
                        (
                            "thread",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="rtm.thread",
                            ),
                        ),
                        ("tried_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "verbose_name": "message",
                        "verbose_name_plural": "messages",
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="MessageBatch",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("priority", models.SmallIntegerField()),
                        ("due_at", models.DateTimeField()),
                        ("claimed_until", models.DateTimeField(null=True)),
                        ("size", models.SmallIntegerField()),
                        (
                            "messages",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "batch of messages",
                        "verbose_name_plural": "batches of messages",
                        "indexes": [
                            models.Index(
                                fields=["-priority", "due_at"], name="message_batch_due"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MessageTemplate",
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
                            "channel",
                            models.CharField(
                                choices=[
                                    ("rt", "Live chat / In-app"),
                                    ("push", "Push"),
                                    ("sms", "SMS"),
                                    ("fb", "Facebook"),
                                    ("twitter", "Twitter"),
                                    ("wechat", "WeChat"),
                                    ("apple", "Apple Business Chat"),
                                ],
                                max_length=10,
                                verbose_name="channel",
                            ),
                        ),
                        ("content", models.JSONField(verbose_name="content")),
                        (
                            "expiry_seconds",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="expires after"
                            ),
                        ),
                        (
                            "is_locked",
                            models.BooleanField(default=False, verbose_name="locked"),
                        ),
                        (
                            "updated_at",
                            models.DateTimeField(auto_now=True, verbose_name="changed"),
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
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                        (
                            "service",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="message_templates",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "message template",
                        "verbose_name_plural": "message templates",
                        "indexes": [
                            models.Index(
                                fields=["organization", "-id"], name="message_template_newest"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                models.F("service"),
                                models.F("channel"),
                                django.db.models.functions.text.Lower("name"),
                                name="message_template_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("expiry_seconds__isnull", True),
                                    models.Q(
                                        ("expiry_seconds__gte", 1),
                                        ("expiry_seconds__lte", 2419200),
                                    ),
                                    _connector="OR",
                                ),
                                name="message_template_expiry",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OnboardingStep",
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
                        ("address", models.CharField(max_length=128, verbose_name="address")),
                        (
                            "provider_id",
                            models.TextField(verbose_name="provider's id of the message"),
                        ),
                        (
                            "stage",
                            models.CharField(
                                choices=[
                                    ("asked", "Asked for the identifier"),
                                    ("code", "Waiting for the one-time password"),
                                    ("linked", "Linked"),
                                    ("unlinked", "Unlinked"),
                                    ("ended", "Ended"),
                                ],
                                max_length=10,
                                verbose_name="stage",
                            ),
                        ),
                        ("digest", models.CharField(blank=True, editable=False, max_length=64)),
                        (
                            "wrong",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="wrong passwords"
                            ),
                        ),
                        (
                            "ends_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="ends"),
                        ),
                        (
                            "sends_code",
                            models.BooleanField(
                                default=False, verbose_name="sends a one-time password"
                            ),
                        ),
                        ("transid", models.UUIDField(blank=True, null=True)),
                        ("reply", models.TextField(verbose_name="answer")),
                        ("problem", models.TextField(blank=True, verbose_name="problem")),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "sent_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="answered"
                            ),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="rtm.customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "on-boarding step",
                        "verbose_name_plural": "on-boarding steps",
                        "indexes": [
                            models.Index(
                                fields=["app", "address", "-id"], name="onboarding_newest"
                            ),
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="onboarding_due",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app", "provider_id"), name="onboarding_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("wrong__lte", 5)),
                                name="onboarding_most_wrong",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("stage", "code"),
                                        models.Q(("digest", ""), _negated=True),
                                    ),
                                    models.Q(
                                        models.Q(("stage", "code"), _negated=True),
                                        ("digest", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="onboarding_digest_while_waiting",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OpenMessage",
                    fields=[
                        (
                            "id",
                            models.UUIDField(editable=False, primary_key=True, serialize=False),
                        ),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("priority", models.SmallIntegerField(default=2)),
                        ("due_at", models.DateTimeField(null=True)),
                        ("claimed_until", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                        ("failures", models.SmallIntegerField(db_default=0, default=0)),
                        ("lane", models.CharField(db_default="mt", default="mt", max_length=8)),
                    ],
                    options={
                        "verbose_name": "open message",
                        "verbose_name_plural": "open messages",
                        "indexes": [
                            models.Index(
                                fields=["app_id", "address"], name="open_message_user"
                            ),
                            models.Index(fields=["expires_at"], name="open_message_expiry"),
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["lane", "-priority", "due_at"],
                                name="open_message_due",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OptOut",
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
                            "address",
                            models.CharField(max_length=20, verbose_name="mobile number"),
                        ),
                        (
                            "sender",
                            models.CharField(blank=True, max_length=64, verbose_name="sender"),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("message", "By message"),
                                    ("console", "In the console"),
                                    ("api", "By REST"),
                                ],
                                max_length=10,
                                verbose_name="how",
                            ),
                        ),
                        (
                            "word",
                            models.CharField(blank=True, max_length=50, verbose_name="word"),
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
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "opt-out",
                        "verbose_name_plural": "opt-outs",
                        "indexes": [
                            models.Index(fields=["address"], name="opt_out_address"),
                            models.Index(fields=["organization", "-id"], name="opt_out_newest"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "address", "sender"),
                                name="opt_out_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("organization__isnull", False),
                                    models.Q(("sender", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="opt_out_of_something",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OptWord",
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
                        ("word", models.CharField(max_length=50, verbose_name="word")),
                        ("folded", models.CharField(editable=False, max_length=150)),
                        (
                            "meaning",
                            models.CharField(
                                choices=[
                                    ("opt_out", "Opt-out"),
                                    ("opt_in", "Opt-in"),
                                    ("help", "Help"),
                                ],
                                max_length=10,
                                verbose_name="meaning",
                            ),
                        ),
                        (
                            "reply",
                            models.CharField(blank=True, max_length=480, verbose_name="reply"),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "opt-out word",
                        "verbose_name_plural": "opt-out words",
                        "ordering": ["folded"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("organization", "folded"), name="opt_word_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OwedMessage",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("message_id", models.UUIDField()),
                        ("device_id", models.UUIDField()),
                        ("due_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField()),
                        ("sent", models.SmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "verbose_name": "message for another device",
                        "verbose_name_plural": "messages for other devices",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="owed_due",
                            ),
                            models.Index(fields=["expires_at"], name="owed_expiry"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("device_id", "message_id"), name="owed_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProfileBatch",
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
                        ("result", models.JSONField(default=dict)),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ProviderReceipt",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("channel", models.CharField(max_length=10)),
                        ("account", models.CharField(max_length=64)),
                        ("provider_id", models.CharField(max_length=255)),
                        (
                            "kind",
                            models.SmallIntegerField(
                                choices=[
                                    (2, "Delivered"),
                                    (3, "Read"),
                                    (4, "Clicked"),
                                    (1, "Failed"),
                                ]
                            ),
                        ),
                        ("code", models.SmallIntegerField(default=0)),
                        ("reason", models.TextField(default="")),
                        ("detail", models.JSONField(default=dict)),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("attempts", models.SmallIntegerField(default=0)),
                        (
                            "app_id",
                            models.UUIDField(
                                db_default=uuid.UUID("00000000-0000-0000-0000-000000000000"),
                                default=uuid.UUID("00000000-0000-0000-0000-000000000000"),
                            ),
                        ),
                        (
                            "address",
                            models.CharField(
                                blank=True, db_default="", default="", max_length=128
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "provider's waiting receipt",
                        "verbose_name_plural": "providers' waiting receipts",
                        "indexes": [
                            models.Index(fields=["due_at"], name="provider_receipt_due")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderRef",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("channel", models.CharField(max_length=10)),
                        ("account", models.CharField(max_length=64)),
                        ("provider_id", models.CharField(max_length=255)),
                        ("tid", models.UUIDField()),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("parts", models.SmallIntegerField(default=1)),
                        ("is_delivered", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "verbose_name": "provider's message reference",
                        "verbose_name_plural": "providers' message references",
                        "indexes": [
                            models.Index(fields=["tid"], name="provider_ref_tid"),
                            models.Index(fields=["created_at"], name="provider_ref_age"),
                            models.Index(
                                condition=models.Q(
                                    (
                                        "app_id",
                                        uuid.UUID("00000000-0000-0000-0000-000000000000"),
                                    ),
                                    _negated=True,
                                ),
                                fields=["app_id", "address", "-created_at"],
                                name="provider_ref_sent",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "account", "provider_id"),
                                name="provider_ref_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PushAddress",
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
                            "platform",
                            models.CharField(
                                choices=[
                                    ("ios", "iOS"),
                                    ("android", "Android"),
                                    ("web", "Web"),
                                ],
                                max_length=10,
                                verbose_name="platform",
                            ),
                        ),
                        ("address", imiconnect.vault.EncryptedTextField()),
                        ("digest", models.CharField(editable=False, max_length=64)),
                        (
                            "registered_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="registered"
                            ),
                        ),
                        (
                            "quarantined_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="quarantined"
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="push_addresses",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="rtm.customer",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="push_addresses",
                                to="rtm.device",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "push address",
                        "verbose_name_plural": "push addresses",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("quarantined_at__isnull", False)),
                                fields=["quarantined_at"],
                                name="push_address_quarantine",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app", "digest", "device"),
                                name="push_address_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("tid", models.UUIDField()),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("device_id", models.CharField(default="", max_length=128)),
                        (
                            "kind",
                            models.SmallIntegerField(
                                choices=[
                                    (2, "Delivered"),
                                    (3, "Read"),
                                    (4, "Clicked"),
                                    (1, "Failed"),
                                ]
                            ),
                        ),
                        ("code", models.SmallIntegerField(default=0)),
                        ("reason", models.TextField(default="")),
                        ("detail", models.JSONField(default=dict)),
                        (
                            "received_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                        ("attempts", models.SmallIntegerField(default=0)),
                    ],
                    options={
                        "verbose_name": "waiting receipt",
                        "verbose_name_plural": "waiting receipts",
                        "indexes": [models.Index(fields=["due_at"], name="receipt_due")],
                    },
                ),
                migrations.CreateModel(
                    name="ReceiptBatch",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("received_at", models.DateTimeField()),
                        ("size", models.SmallIntegerField()),
                        (
                            "tids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        (
                            "app_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        (
                            "addresses",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=128), size=None
                            ),
                        ),
                        (
                            "device_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=128), size=None
                            ),
                        ),
                        (
                            "kinds",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.SmallIntegerField(
                                    choices=[
                                        (2, "Delivered"),
                                        (3, "Read"),
                                        (4, "Clicked"),
                                        (1, "Failed"),
                                    ]
                                ),
                                size=None,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "batch of receipts",
                        "verbose_name_plural": "batches of receipts",
                    },
                ),
                migrations.CreateModel(
                    name="Recording",
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
                        ("account", models.CharField(max_length=64, verbose_name="carrier")),
                        ("message_id", models.UUIDField()),
                        ("call_id", models.CharField(max_length=128, verbose_name="call")),
                        ("address", models.CharField(max_length=20, verbose_name="from")),
                        ("line", models.CharField(max_length=20, verbose_name="to")),
                        ("url", models.TextField(blank=True, verbose_name="URL")),
                        ("then", models.JSONField(default=list)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("asked", "Asked for"),
                                    ("waiting", "At the carrier"),
                                    ("stored", "Stored"),
                                    ("lost", "Lost"),
                                    ("unwanted", "To be deleted at the carrier"),
                                ],
                                default="asked",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("provider_id", models.CharField(blank=True, max_length=128)),
                        (
                            "recorded_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="recorded"
                            ),
                        ),
                        (
                            "seconds",
                            models.PositiveIntegerField(default=0, verbose_name="seconds"),
                        ),
                        ("path", models.CharField(blank=True, max_length=200)),
                        (
                            "content_type",
                            models.CharField(
                                blank=True, max_length=100, verbose_name="content type"
                            ),
                        ),
                        (
                            "size",
                            models.PositiveIntegerField(default=0, verbose_name="size (bytes)"),
                        ),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "problem",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="problem"
                            ),
                        ),
                        (
                            "number",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="numbers.number",
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
                            "service",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="sharing.service",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "recording",
                        "verbose_name_plural": "recordings",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="recording_due",
                            ),
                            models.Index(
                                fields=["organization", "-id"], name="recording_newest"
                            ),
                            models.Index(fields=["message_id"], name="recording_of_message"),
                            models.Index(
                                fields=["organization", "address"], name="recording_of_caller"
                            ),
                            models.Index(fields=["created_at"], name="recording_age"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "stored"), ("path", ""), _connector="XOR"
                                ),
                                name="recording_stored_has_a_file",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleEvent",
                    fields=[
                        (
                            "id",
                            models.UUIDField(editable=False, primary_key=True, serialize=False),
                        ),
                        ("kind", models.CharField(max_length=10)),
                        ("organization_id", models.UUIDField()),
                        ("service_id", models.UUIDField(null=True)),
                        ("app_id", models.UUIDField(null=True)),
                        ("number_id", models.UUIDField(null=True)),
                        ("channel", models.CharField(max_length=30)),
                        ("address", models.CharField(max_length=200)),
                        ("message_id", models.UUIDField(null=True)),
                        ("transid", models.UUIDField(null=True)),
                        ("thread_id", models.UUIDField(null=True)),
                        ("values", models.JSONField(default=dict)),
                        ("before", models.JSONField(default=dict)),
                        ("happened_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "verbose_name": "event for rules",
                        "verbose_name_plural": "events for rules",
                        "indexes": [models.Index(fields=["due_at"], name="rule_event_due")],
                    },
                ),
                migrations.CreateModel(
                    name="Segment",
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
                            "criteria",
                            models.CharField(
                                blank=True, max_length=1000, verbose_name="criteria"
                            ),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="segments",
                                to="apps.app",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "segment",
                        "verbose_name_plural": "segments",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("app"),
                                django.db.models.functions.text.Lower("name"),
                                name="segment_name_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SegmentUser",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        (
                            "segment",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="users",
                                to="rtm.segment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "user of a segment",
                        "verbose_name_plural": "users of segments",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("segment", "user_id"), name="segment_user_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ServiceStream",
                    fields=[
                        (
                            "service",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="stream_use",
                                serialize=False,
                                to="sharing.service",
                            ),
                        ),
                        (
                            "stream",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="uses",
                                to="rtm.stream",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stream of a service",
                        "verbose_name_plural": "streams of services",
                    },
                ),
                migrations.CreateModel(
                    name="Subscription",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "topic",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="subscriptions",
                                to="rtm.topic",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "subscription",
                        "verbose_name_plural": "subscriptions",
                        "indexes": [
                            models.Index(fields=["user_id"], name="subscription_of_user")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("topic", "user_id"), name="subscription_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ThreadGuest",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "agent",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.member",
                            ),
                        ),
                        (
                            "thread",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="guests",
                                to="rtm.thread",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "guest in a conversation",
                        "verbose_name_plural": "guests in conversations",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("thread", "agent"), name="thread_guest_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnclaimedText",
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
                        ("account", models.CharField(max_length=64, verbose_name="carrier")),
                        ("provider_id", models.CharField(blank=True, max_length=128)),
                        ("address", models.CharField(max_length=20, verbose_name="from")),
                        ("to", models.CharField(max_length=20, verbose_name="to")),
                        ("text", models.TextField(verbose_name="text")),
                        (
                            "meaning",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("opt_out", "Opt-out"),
                                    ("opt_in", "Opt-in"),
                                    ("help", "Help"),
                                ],
                                max_length=10,
                                verbose_name="meaning",
                            ),
                        ),
                        (
                            "reply",
                            models.CharField(blank=True, max_length=480, verbose_name="reply"),
                        ),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answered_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="answered"
                            ),
                        ),
                        (
                            "problem",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="problem"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "unclaimed text",
                        "verbose_name_plural": "unclaimed texts",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="unclaimed_due",
                            ),
                            models.Index(fields=["address", "to"], name="unclaimed_by_writer"),
                            models.Index(fields=["created_at"], name="unclaimed_age"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=("account", "address", "provider_id"),
                                name="unclaimed_text_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UserEvent",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("address", models.CharField(max_length=128)),
                        ("body", models.JSONField()),
                        ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "due_at",
                            models.DateTimeField(default=django.utils.timezone.now, null=True),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "event of a user",
                        "verbose_name_plural": "events of users",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="event_due",
                            ),
                            models.Index(
                                fields=["app", "address", "created_at"], name="event_of_user"
                            ),
                            models.Index(fields=["created_at"], name="event_age"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UserPin",
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
                        ("user_id", models.CharField(max_length=128, verbose_name="user ID")),
                        (
                            "device_id",
                            models.CharField(max_length=128, verbose_name="device ID"),
                        ),
                        ("source", models.CharField(blank=True, editable=False, max_length=64)),
                        ("digest", models.CharField(editable=False, max_length=64)),
                        (
                            "wrong",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="wrong PINs"
                            ),
                        ),
                        ("ends_at", models.DateTimeField(verbose_name="ends")),
                        ("transid", models.UUIDField(blank=True, null=True)),
                        ("problem", models.TextField(blank=True, verbose_name="problem")),
                        ("due_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "sent_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="sent"),
                        ),
                        (
                            "validated_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="validated"
                            ),
                        ),
                        (
                            "proof_digest",
                            models.CharField(
                                editable=False, max_length=64, null=True, unique=True
                            ),
                        ),
                        (
                            "used_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="used"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="rtm.customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "one-time PIN",
                        "verbose_name_plural": "one-time PINs",
                        "indexes": [
                            models.Index(
                                fields=["app", "user_id", "-id"], name="user_pin_newest"
                            ),
                            models.Index(
                                fields=["app", "source", "-id"], name="user_pin_source"
                            ),
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="user_pin_due",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("wrong__lte", 5)),
                                name="user_pin_most_wrong",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("proof_digest__isnull", False),
                                        ("validated_at__isnull", False),
                                    ),
                                    models.Q(
                                        ("proof_digest__isnull", True),
                                        ("validated_at__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="user_pin_proof_of_a_right_pin",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("used_at__isnull", True),
                                    ("validated_at__isnull", False),
                                    _connector="OR",
                                ),
                                name="user_pin_used_after_right",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Wake",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("due_at", models.DateTimeField()),
                    ],
                    options={
                        "verbose_name": "wake-up",
                        "verbose_name_plural": "wake-ups",
                        "indexes": [models.Index(fields=["due_at"], name="wake_due")],
                    },
                ),
                migrations.CreateModel(
                    name="Watermark",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("app_id", models.UUIDField()),
                        ("address", models.CharField(max_length=128)),
                        ("delivered_until", models.DateTimeField(blank=True, null=True)),
                        ("read_until", models.DateTimeField(blank=True, null=True)),
                        ("held_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "verbose_name": "provider's watermark",
                        "verbose_name_plural": "providers' watermarks",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app_id", "address"), name="watermark_once"
                            )
                        ],
                    },
                ),
            ]
        ),
        migrations.RunSQL(
            [f"CREATE INDEX {index}" for index in _INDEXES], migrations.RunSQL.noop
        ),
        migrations.RunSQL(_STORAGE, migrations.RunSQL.noop),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
