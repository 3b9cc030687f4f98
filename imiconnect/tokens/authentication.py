"""``Authorization: Bearer imi_...``: the token's seat acts, within its scopes."""

import datetime as dt

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from imiconnect.accounts.middleware import client_address
from imiconnect.accounts.models import User
from imiconnect.audit.services import Origin, origin
from imiconnect.tokens.models import ApiToken
from imiconnect.tokens.services import PREFIX
from imiconnect.vault import digest

#: A use is noted this often at most.
NOTED_EVERY = dt.timedelta(minutes=1)


class TokenAuthentication(BaseAuthentication):
    """Finds a usable token by the digest of what was sent."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return person and token, or None where no token of ours was sent."""
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret.startswith(PREFIX):
            return None
        rows = ApiToken.objects.usable().select_related(
            "member__user", "member__organization", "member__group", "member__team"
        )
        token: ApiToken | None = rows.filter(digest=digest(secret.strip())).first()
        if token is None:
            raise AuthenticationFailed("The token is not known, or it does not work any more.")
        self._note(token)
        member = token.member
        request._request.member = member  # type: ignore[attr-defined]  # as the middleware does
        origin.set(Origin(user=member.user, address=client_address(request._request)))
        return member.user, token

    def authenticate_header(self, request: Request) -> str:
        """Answer 401 to who is nobody."""
        return "Bearer"

    def _note(self, token: ApiToken) -> None:
        now = timezone.now()
        if token.last_used_at is None or now - token.last_used_at > NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
