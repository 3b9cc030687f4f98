"""The tables of people and organizations, as the migrations up to 0006 leave them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

import imiconnect.vault
from imiconnect.migrating import CreateModels


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_people"),
        ("accounts", "0003_invited_by"),
        ("accounts", "0004_trials"),
        ("accounts", "0005_allowed_sources"),
        ("accounts", "0006_sessions_of_seated_backend"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="Organization",
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
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        (
                            "profile_key",
                            imiconnect.vault.EncryptedTextField(verbose_name="profile key"),
                        ),
                        (
                            "profile_key_digest",
                            models.CharField(editable=False, max_length=64, unique=True),
                        ),
                        (
                            "permission_group",
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="auth.group",
                            ),
                        ),
                        (
                            "previous_profile_key_digest",
                            models.CharField(
                                blank=True, db_index=True, editable=False, max_length=64
                            ),
                        ),
                        (
                            "previous_profile_key_until",
                            models.DateTimeField(blank=True, editable=False, null=True),
                        ),
                        (
                            "trial_ends_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="trial ends"
                            ),
                        ),
                        (
                            "profile_sources",
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
                        "verbose_name": "organization",
                        "verbose_name_plural": "organizations",
                    },
                ),
                migrations.CreateModel(
                    name="Group",
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
                            "permission_group",
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="auth.group",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="groups",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "group",
                        "verbose_name_plural": "groups",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("name"),
                                name="group_name_once",
                                violation_error_message="The organization has a group with this name.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Team",
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
                            "group",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="teams",
                                to="accounts.group",
                            ),
                        ),
                        (
                            "permission_group",
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="auth.group",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "team",
                        "verbose_name_plural": "teams",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("group"),
                                django.db.models.functions.text.Lower("name"),
                                name="team_name_once",
                                violation_error_message="The group has a team with this name.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="User",
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
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        (
                            "last_login",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="last login"
                            ),
                        ),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        (
                            "email",
                            models.EmailField(
                                max_length=254, unique=True, verbose_name="e-mail address"
                            ),
                        ),
                        ("name", models.CharField(max_length=150, verbose_name="name")),
                        (
                            "is_staff",
                            models.BooleanField(
                                default=False,
                                help_text="May use the Django admin.",
                                verbose_name="support staff",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
                        (
                            "date_joined",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="joined"
                            ),
                        ),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "user",
                        "verbose_name_plural": "users",
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"),
                                name="user_email_any_case",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
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
                            "email",
                            models.EmailField(max_length=254, verbose_name="e-mail address"),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("admin", "Admin"),
                                    ("developer", "Developer"),
                                    ("asset_manager", "Asset Manager"),
                                    ("viewer", "Viewer"),
                                ],
                                max_length=20,
                                verbose_name="role",
                            ),
                        ),
                        (
                            "token_digest",
                            models.CharField(editable=False, max_length=64, unique=True),
                        ),
                        ("expires_at", models.DateTimeField(verbose_name="valid until")),
                        (
                            "accepted_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="accepted"
                            ),
                        ),
                        (
                            "revoked_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="withdrawn"
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
                            "invited_by",
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
                    ],
                    options={
                        "verbose_name": "invitation",
                        "verbose_name_plural": "invitations",
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("group__isnull", False),
                                    _connector="OR",
                                ),
                                name="invitation_team_has_group",
                            ),
                            models.UniqueConstraint(
                                models.F("organization"),
                                django.db.models.functions.text.Lower("email"),
                                condition=models.Q(
                                    ("accepted_at__isnull", True), ("revoked_at__isnull", True)
                                ),
                                name="invitation_open_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Member",
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
                            "role",
                            models.CharField(
                                choices=[
                                    ("admin", "Admin"),
                                    ("developer", "Developer"),
                                    ("asset_manager", "Asset Manager"),
                                    ("viewer", "Viewer"),
                                ],
                                max_length=20,
                                verbose_name="role",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="active")),
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
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
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
                    ],
                    options={
                        "verbose_name": "member",
                        "verbose_name_plural": "members",
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("team__isnull", True),
                                    ("group__isnull", False),
                                    _connector="OR",
                                ),
                                name="member_team_has_group",
                            ),
                            models.UniqueConstraint(
                                fields=("user", "organization"),
                                name="member_once_per_organization",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TrialRequest",
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
                        ("name", models.CharField(max_length=150, verbose_name="name")),
                        (
                            "email",
                            models.EmailField(max_length=254, verbose_name="e-mail address"),
                        ),
                        ("business", models.CharField(max_length=100, verbose_name="business")),
                        ("reason", models.TextField(max_length=1000, verbose_name="reason")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("unconfirmed", "Address not confirmed"),
                                    ("waiting", "Waiting for support"),
                                    ("approved", "Approved"),
                                    ("declined", "Declined"),
                                ],
                                default="unconfirmed",
                                max_length=20,
                                verbose_name="state",
                            ),
                        ),
                        ("token", imiconnect.vault.EncryptedTextField(verbose_name="link")),
                        (
                            "token_digest",
                            models.CharField(editable=False, max_length=64, unique=True),
                        ),
                        (
                            "confirmed_at",
                            models.DateTimeField(
                                blank=True, null=True, verbose_name="address confirmed"
                            ),
                        ),
                        (
                            "due_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="due"),
                        ),
                        (
                            "decided_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="decided"),
                        ),
                        ("answer", models.TextField(blank=True, verbose_name="answer")),
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
                            "invitation",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="accounts.invitation",
                            ),
                        ),
                        (
                            "organization",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="accounts.organization",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "trial request",
                        "verbose_name_plural": "trial requests",
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"),
                                condition=models.Q(("state__in", ["unconfirmed", "waiting"])),
                                name="trial_request_open_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "unconfirmed"),
                                    models.Q(
                                        ("confirmed_at__isnull", False),
                                        ("due_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="trial_request_due_once_confirmed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_at__isnull", False),
                                        ("state__in", ["approved", "declined"]),
                                    ),
                                    models.Q(
                                        ("decided_at__isnull", True),
                                        ("state__in", ["unconfirmed", "waiting"]),
                                    ),
                                    _connector="OR",
                                ),
                                name="trial_request_decided_at",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
