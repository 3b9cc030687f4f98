"""Where a service's receipts and incoming messages go, and how those calls are signed."""

import base64
import datetime as dt
import secrets
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.audit.services import record
from imiconnect.callback_urls import checked_url
from imiconnect.keys import Overlap
from imiconnect.locks import locked
from imiconnect.sharing.changes import tell
from imiconnect.sharing.models import Service
from imiconnect.sharing.receipts import receipt_kinds
from imiconnect.vault import fingerprint


def new_signing_secret() -> str:
    """Return a signing secret as Standard Webhooks writes it: 32 bytes behind ``whsec_``."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def all_kinds() -> dict[str, list[str]]:
    """Return every kind of receipt of every medium."""
    return {channel: list(kinds) for channel, kinds in receipt_kinds().items()}


def checked_kinds(kinds: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the receipts to send, by medium and in documented order; drops nothing quietly."""
    known = receipt_kinds()
    for channel, asked in kinds.items():
        unknown = [kind for kind in asked if kind not in known.get(channel, ())]
        if channel not in known or unknown:
            what = f"{channel}: {', '.join(unknown)}" if unknown else channel
            sentence = _("There is no such receipt: %(what)s.")
            raise ValidationError(
                {"receipt_kinds": ValidationError(sentence, params={"what": what[:200]})}
            )
    return {
        channel: [kind for kind in known[channel] if kind in asked]
        for channel, asked in kinds.items()
    }


@transaction.atomic
def set_outbound(
    *, service: Service, receipt_url: str, receipt_kinds: Mapping[str, Sequence[str]]
) -> Service:
    """Change where receipts go and which are sent; an empty URL stops them.

    The URL is checked for its shape only: ask ``imiconnect.outbound.probe`` beforehand,
    outside of any transaction. Every call checks the address again.
    """
    service = locked(service)
    before = {"url": service.receipt_url, "kinds": service.receipt_kinds}
    service.receipt_url = checked_url(receipt_url, field="receipt_url")
    service.receipt_kinds = checked_kinds(receipt_kinds)
    after = {"url": service.receipt_url, "kinds": service.receipt_kinds}
    if after != before:
        service.save(update_fields=["receipt_url", "receipt_kinds", "updated_at"])
        record("service.outbound_changed", service, before=before, after=after)
        tell(service)
    return service


@transaction.atomic
def set_inbound(
    *, service: Service, inbound_url: str, typing_events: bool | None = None
) -> Service:
    """Change where incoming messages go; an empty URL stops them.

    ``typing_events`` says whether it hears when customers type; None leaves that as it is.
    """
    service = locked(service)
    before = {"url": service.inbound_url, "typing": service.typing_events}
    service.inbound_url = checked_url(inbound_url, field="inbound_url")
    if typing_events is not None:
        service.typing_events = typing_events
    after = {"url": service.inbound_url, "typing": service.typing_events}
    if after != before:
        service.save(update_fields=["inbound_url", "typing_events", "updated_at"])
        record("service.inbound_changed", service, before=before, after=after)
        tell(service)
    return service


@transaction.atomic
def rotate_signing_secret(*, service: Service, keep: Overlap) -> str:
    """Make and return a new signing secret; during ``keep`` calls carry both signatures."""
    service = locked(service)
    old, now = service.signing_secret, timezone.now()
    service.signing_secret = new_signing_secret()
    service.previous_signing_secret = old if keep != Overlap.NOW else ""
    service.previous_signing_until = (
        now + dt.timedelta(seconds=int(keep)) if service.previous_signing_secret else None
    )
    service.save(
        update_fields=[
            "signing_secret",
            "previous_signing_secret",
            "previous_signing_until",
            "updated_at",
        ]
    )
    record(
        "service.signing_secret_rotated",
        service,
        before={"secret": fingerprint(old)} if old else {},
        after={
            "secret": fingerprint(service.signing_secret),
            "old_secret_kept_seconds": int(keep),
        },
    )
    return str(service.signing_secret)


@transaction.atomic
def reveal_signing_secret(*, service: Service) -> str:
    """Return the signing secret for reading, and record that it was read."""
    secret = str(service.signing_secret)
    after = {"secret": fingerprint(secret)} if secret else {}
    record("service.signing_secret_revealed", service, after=after)
    return secret


def signing_secrets(service: Service) -> list[str]:
    """Return the secrets that sign a call now: the current one, then one being replaced."""
    until = service.previous_signing_until
    overlapping = bool(until and until > timezone.now())
    found = [service.signing_secret, service.previous_signing_secret if overlapping else ""]
    return [secret for secret in found if secret]
