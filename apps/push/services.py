"""Writes of an app's push services and of its other secrets; all audited, none shown.

A change of what devices are told (that there is push at all) makes them read the policy.
"""

import base64
import binascii
import secrets
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.handler import Ending
from imiconnect.apps.health import keep_endings, watch
from imiconnect.apps.models import App, PushHealth
from imiconnect.apps.ports import answers
from imiconnect.apps.push.credentials import (
    ApnsCertificate,
    Credentials,
    Platform,
    audience_of,
    facts_of,
)
from imiconnect.apps.push.secrets import (
    Secrets,
    encoded,
    secrets_of,
    with_new_payload_key,
)
from imiconnect.apps.services import tell_devices
from imiconnect.audit.services import record
from imiconnect.locks import locked
from imiconnect.vault import fingerprint

#: HS256 wants a secret as long as its digest (RFC 7518, 3.2).
JWT_BYTES = 32


def credentials_of(app: App, platform: str) -> Credentials | None:
    """Return how the platform's devices are pushed to; None where it is not configured."""
    return secrets_of(app).push.get(platform)


def _save(app: App, changed: Secrets) -> None:
    app.secrets = encoded(changed)
    app.save(update_fields=["secrets", "updated_at"])
    keep_endings(app=app, endings=endings_of(app))


def endings_of(app: App) -> list[Ending]:
    """Return the certificates of an app, which end by themselves."""
    return [
        Ending(f"{platform}_certificate", credentials.valid_until)
        for platform, credentials in secrets_of(app).push.items()
        if isinstance(credentials, ApnsCertificate)
    ]


def _begin_anew(
    app: App, platform: str, before: Credentials | None, after: Credentials | None
) -> None:
    """Forget what came of the credentials before, and check those of now."""
    PushHealth.objects.filter(app=app, platform=platform).delete()
    if audience_of(before) != audience_of(after):
        answers.push_audience_changed(app, platform)
    watch(app)


@transaction.atomic
def configure_push(*, app: App, platform: str, credentials: Credentials) -> App:
    """Set how a platform's devices are pushed to."""
    if platform not in credentials.platforms:
        raise ValidationError(_("These credentials are not for this platform."))
    app = locked(app)
    kept = secrets_of(app)
    before = kept.push.get(platform)
    if before == credentials:
        return app
    _save(app, msgspec.structs.replace(kept, push={**kept.push, platform: credentials}))
    record(
        "app.push_configured",
        app,
        before=_audited(platform, before) if before else {},
        after=_audited(platform, credentials),
    )
    _begin_anew(app, platform, before, credentials)
    tell_devices(app)
    return app


@transaction.atomic
def remove_push(*, app: App, platform: str) -> App:
    """Forget how a platform's devices are pushed to; nothing happens where nothing is set."""
    app = locked(app)
    kept = secrets_of(app)
    before = kept.push.get(platform)
    if before is None:
        return app
    rest = {name: value for name, value in kept.push.items() if name != platform}
    _save(app, msgspec.structs.replace(kept, push=rest))
    record("app.push_removed", app, before=_audited(platform, before))
    _begin_anew(app, platform, before, None)
    tell_devices(app)
    return app


@transaction.atomic
def set_jwt_secret(*, app: App, secret: str) -> App:
    """Set the pre-shared secret of JWT authorization, in base64 as documented."""
    app = locked(app)
    kept = secrets_of(app)
    _save(app, msgspec.structs.replace(kept, jwt_secret=checked_jwt_secret(secret)))
    before = {"secret": fingerprint(kept.jwt_secret)} if kept.jwt_secret else {}
    record("app.jwt_secret_changed", app, before=before, after={"secret": fingerprint(secret)})
    return app


@transaction.atomic
def renew_payload_key(*, app: App) -> App:
    """Make another key for payloads; what devices have sent with the old one is still read.

    Live devices read the policy again and fetch the key.
    """
    app = locked(app)
    kept = secrets_of(app)
    changed = with_new_payload_key(kept)
    _save(app, changed)
    before = {"key": kept.payload_key_id} if kept.payload_keys else {}
    record("app.payload_key_changed", app, before=before, after={"key": changed.payload_key_id})
    tell_devices(app)
    return app


def checked_jwt_secret(secret: str) -> str:
    """Return a secret in base64 of at least 32 bytes, or raise the sentence for it."""
    try:
        raw = base64.b64decode(secret.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError({"jwt_secret": [_("JWT secret must be base64.")]}) from None
    if len(raw) < JWT_BYTES:
        sentence = _("JWT secret must have at least 32 bytes before it is written in base64.")
        raise ValidationError({"jwt_secret": [sentence]})
    return secret.strip()


def new_jwt_secret() -> str:
    """Return a fresh secret for HS256, in base64."""
    return base64.b64encode(secrets.token_bytes(JWT_BYTES)).decode()


def _audited(platform: str, credentials: Credentials) -> dict[str, Any]:
    key = fingerprint(credentials.key)
    return {"platform": str(Platform(platform).value), **facts_of(credentials), "key": key}
