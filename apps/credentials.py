"""Writes of an app's credentials: replaced, and revealed to those who may; all on record."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.apps import health
from imiconnect.apps.channel_types import registry
from imiconnect.apps.connection import as_stored, secrets_of
from imiconnect.apps.models import App
from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.vault import fingerprint


def fingerprints(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return what the audit trail shows of credentials."""
    return {name: fingerprint(value) for name, value in secrets.items() if value}


@transaction.atomic
def replace_secrets(*, app: App, secrets: Mapping[str, Any]) -> App:
    """Replace the credentials that are named; the others stay. The app is checked anew.

    Raises ``ValidationError`` with sentences by field.
    """
    app = locked(app)
    kind = registry.get(app.channel_type)
    if unknown := [name for name in secrets if name not in kind.secret_labels]:
        sentence = _("Apps of this channel have no credential of this name: %(names)s.")
        raise ValidationError({"credentials": [sentence % {"names": ", ".join(unknown)}]})
    before = secrets_of(app)
    after = kind.checked_secrets({**before, **secrets})
    if after != before:
        app.secrets = as_stored(after)
        app.save(update_fields=["secrets", "updated_at"])
        record(
            "app.credentials_replaced",
            app,
            before=fingerprints(before),
            after=fingerprints(after),
        )
    if kind.handlers:
        health.watch(app)
    return app


@transaction.atomic
def reveal_secret(*, app: App, name: str) -> str:
    """Return one credential for reading, and record that it was read.

    Raises ``ValidationError`` where the app has none of this name.
    """
    secret = secrets_of(app).get(name, "")
    if not secret or name not in registry.get(app.channel_type).secret_labels:
        raise ValidationError({"name": [_("The app has no such credential.")]})
    record("app.credential_revealed", app, after={name: fingerprint(secret)})
    return secret
