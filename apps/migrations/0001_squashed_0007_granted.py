"""The tables of apps, as the migrations up to 0007 leave them."""

import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import imiconnect.apps.models.app
import imiconnect.vault
from imiconnect.migrating import CreateModels


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("apps", "0001_initial"),
        ("apps", "0002_profiles_as_before"),
        ("apps", "0003_providers"),
        ("apps", "0004_push_health"),
        ("apps", "0005_hook_files"),
        ("apps", "0006_some_hook_files"),
        ("apps", "0007_granted"),
    ]

    dependencies = [
        ("accounts", "0003_invited_by"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="App",
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
                            "app_id",
                            models.CharField(
                                default=imiconnect.apps.models.app.new_app_id,
                                editable=False,
                                max_length=10,
                                unique=True,
                                verbose_name="App ID",
                            ),
                        ),
                        ("name", models.CharField(max_length=100, verbose_name="name")),
                        (
                            "channel_type",
                            models.SlugField(max_length=30, verbose_name="channel type"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("active", "Active"), ("off", "Off")],
                                default="active",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        ("config", models.JSONField(blank=True, default=dict)),
                        (
                            "secrets",
                            imiconnect.vault.EncryptedTextField(blank=True, default=""),
                        ),
                        ("policy", models.JSONField(blank=True, default=dict)),
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
                            "account",
                            models.CharField(
                                blank=True, default="", max_length=200, verbose_name="account"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "app",
                        "verbose_name_plural": "apps",
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["organization", "-id"], name="app_newest")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("group__isnull", False),
                                    _connector="OR",
                                ),
                                name="app_team_has_group",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("app_id__regex", "^[A-Z]{2}[0-9]{8}$")),
                                name="app_id_shape",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("account", ""), _negated=True),
                                fields=("channel_type", "account"),
                                name="app_account_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AppExpiry",
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
                        ("name", models.SlugField(max_length=30)),
                        ("expires_at", models.DateTimeField(verbose_name="valid until")),
                        (
                            "warned_days",
                            models.PositiveSmallIntegerField(blank=True, null=True),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="expiries",
                                to="apps.app",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "expiry",
                        "verbose_name_plural": "expiries",
                        "indexes": [models.Index(fields=["expires_at"], name="expiry_next")],
                        "constraints": [
                            models.UniqueConstraint(fields=("app", "name"), name="expiry_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AppHealth",
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
                                    ("unchecked", "Not checked yet"),
                                    ("healthy", "Healthy"),
                                    ("broken", "Broken"),
                                ],
                                default="unchecked",
                                max_length=10,
                                verbose_name="state",
                            ),
                        ),
                        (
                            "problem",
                            models.TextField(blank=True, default="", verbose_name="problem"),
                        ),
                        ("misses", models.PositiveSmallIntegerField(default=0)),
                        (
                            "checked_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last check"
                            ),
                        ),
                        (
                            "next_check_at",
                            models.DateTimeField(default=django.utils.timezone.now),
                        ),
                        (
                            "broken_since",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="broken since"
                            ),
                        ),
                        (
                            "told_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="told by mail"
                            ),
                        ),
                        (
                            "app",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="checkup",
                                to="apps.app",
                            ),
                        ),
                        ("granted", models.JSONField(blank=True, null=True)),
                    ],
                    options={
                        "verbose_name": "health of an app",
                        "verbose_name_plural": "health of apps",
                        "indexes": [models.Index(fields=["next_check_at"], name="health_due")],
                    },
                ),
                migrations.CreateModel(
                    name="Authorization",
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
                        ("channel_type", models.SlugField(max_length=30)),
                        (
                            "state_digest",
                            models.CharField(editable=False, max_length=64, unique=True),
                        ),
                        ("kept", imiconnect.vault.EncryptedTextField(blank=True, default="")),
                        (
                            "return_path",
                            models.CharField(blank=True, default="", max_length=300),
                        ),
                        ("granted_at", models.DateTimeField(null=True)),
                        ("expires_at", models.DateTimeField(default=django.utils.timezone.now)),
                        (
                            "app",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="accounts.member",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "authorization",
                        "verbose_name_plural": "authorizations",
                        "indexes": [
                            models.Index(fields=["expires_at"], name="authorization_age")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClientKey",
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
                            imiconnect.vault.EncryptedTextField(verbose_name="client key"),
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
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="client_keys",
                                to="apps.app",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "client key",
                        "verbose_name_plural": "client keys",
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("expires_at__isnull", True)),
                                fields=("app",),
                                name="client_key_one_current",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HookEvent",
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
                            "channel_type",
                            models.SlugField(max_length=30, verbose_name="channel type"),
                        ),
                        ("digest", models.CharField(editable=False, max_length=64)),
                        ("query", models.JSONField(default=dict)),
                        ("headers", models.JSONField(default=dict)),
                        ("body", models.BinaryField()),
                        (
                            "received_at",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="received"
                            ),
                        ),
                        (
                            "due_at",
                            models.DateTimeField(default=django.utils.timezone.now, null=True),
                        ),
                        (
                            "attempts",
                            models.PositiveSmallIntegerField(
                                default=0, verbose_name="attempts"
                            ),
                        ),
                        (
                            "events",
                            models.PositiveSmallIntegerField(default=0, verbose_name="events"),
                        ),
                        (
                            "problem",
                            models.TextField(blank=True, default="", verbose_name="problem"),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="apps.app",
                            ),
                        ),
                        ("files", models.JSONField(editable=False, null=True)),
                        ("some_files", models.JSONField(editable=False, null=True)),
                    ],
                    options={
                        "verbose_name": "webhook event",
                        "verbose_name_plural": "webhook events",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("due_at__isnull", False)),
                                fields=["due_at"],
                                name="hook_event_due",
                            ),
                            models.Index(fields=["received_at"], name="hook_event_age"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel_type", "app", "digest"),
                                name="hook_event_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PushHealth",
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
                                    ("web", "Web push"),
                                ],
                                max_length=10,
                                verbose_name="platform",
                            ),
                        ),
                        (
                            "last_sent_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last sent"
                            ),
                        ),
                        (
                            "last_failed_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last failure"
                            ),
                        ),
                        (
                            "last_failure",
                            models.CharField(
                                blank=True, default="", max_length=300, verbose_name="failure"
                            ),
                        ),
                        (
                            "refused",
                            models.CharField(
                                blank=True, default="", max_length=200, verbose_name="refused"
                            ),
                        ),
                        (
                            "app",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="push_health",
                                to="apps.app",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "health of push",
                        "verbose_name_plural": "health of push",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("app", "platform"), name="push_health_once"
                            )
                        ],
                    },
                ),
            ]
        ),
    ]
