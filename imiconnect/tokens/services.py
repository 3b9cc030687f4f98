"""Writes of tokens."""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.audit.services import record
from imiconnect.tokens.models import ApiToken, Scope
from imiconnect.vault import digest, fingerprint, new_key

PREFIX = "imi_"
MAX_ACTIVE = 50
_SHOWN = 8


@transaction.atomic
def make_token(
    *, member: Member, name: str, scopes: Sequence[str], days: int | None = None
) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which is never shown again."""
    if not member.can(Act.MANAGE_TOKENS):
        raise PermissionDenied
    name = " ".join(name.split())
    known = [scope for scope in Scope.values if scope in scopes]
    if not name or len(name) > 100:
        raise ValidationError({"name": [_("Enter a name of 100 characters or fewer.")]})
    if not known:
        raise ValidationError({"scopes": [_("Select at least one scope.")]})
    if ApiToken.objects.usable().filter(organization=member.organization_id).count() >= (
        MAX_ACTIVE
    ):
        raise ValidationError(_("An organization can have 50 tokens. Revoke one first."))
    secret = PREFIX + new_key(32)
    token: ApiToken = ApiToken.objects.create(
        organization_id=member.organization_id,
        member_id=member.pk,
        name=name,
        digest=digest(secret),
        prefix=secret[:_SHOWN],
        scopes=known,
        expires_at=timezone.now() + dt.timedelta(days=days) if days else None,
    )
    after = {"name": name, "scopes": known, "token": fingerprint(secret)}
    record("token.made", token, after=after)
    return token, secret


@transaction.atomic
def revoke_token(*, member: Member, token: ApiToken) -> None:
    """End a token for good; once is enough."""
    if not member.can(Act.MANAGE_TOKENS) or member.organization_id != token.organization_id:
        raise PermissionDenied
    rows = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
    if rows.update(revoked_at=timezone.now()):
        record("token.revoked", token, before={"name": token.name})
