"""Sessions name the backend that signed a person in; those that there are stay signed in."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.db import migrations
from django.utils import timezone

BEFORE = "allauth.account.auth_backends.AuthenticationBackend"
AFTER = "imiconnect.accounts.backends.SeatedBackend"


def _rename(apps: Any, before: str, after: str) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    rows = apps.get_model("sessions", "Session").objects.filter(expire_date__gt=timezone.now())
    for row in rows.iterator():
        data = store.decode(row.session_data)
        if data.get(BACKEND_SESSION_KEY) == before:
            row.session_data = store.encode(data | {BACKEND_SESSION_KEY: after})
            row.save(update_fields=["session_data"])


def forwards(apps: Any, schema_editor: Any) -> None:
    _rename(apps, BEFORE, AFTER)


def backwards(apps: Any, schema_editor: Any) -> None:
    _rename(apps, AFTER, BEFORE)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_allowed_sources"), ("sessions", "0001_initial")]

    operations = [migrations.RunPython(forwards, backwards)]
