"""Who acts in this request: the person's seat in the chosen organization."""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from imiconnect.accounts.standing import current_member
from imiconnect.audit.services import Origin, origin
from imiconnect.sources import address_of

GetResponse = Callable[[HttpRequest], HttpResponse]


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client, past as many proxies as are trusted."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return address_of(forwarded, request.META.get("REMOTE_ADDR"))


class MemberMiddleware:
    """Sets ``request.member`` (a ``Member`` or None) and the origin of audit entries."""

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with the person's seat at hand."""
        request.member = SimpleLazyObject(lambda: current_member(request))  # type: ignore[attr-defined]
        token = origin.set(Origin(user=request.user, address=client_address(request)))  # type: ignore[arg-type]
        try:
            return self.get_response(request)
        finally:
            origin.reset(token)


class SessionLimits:
    """Ends a session ``SESSION_IDLE`` after its last request, ``SESSION_COOKIE_AGE`` in all.

    The times are kept in the session itself, and written once in five minutes at most, since
    each write is a row's.
    """

    SIGNED_IN, SEEN = "signed_in_at", "seen_at"
    NOTED_EVERY = 300  # seconds

    def __init__(self, get_response: GetResponse) -> None:
        """Keep the next handler."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out a person whose session is over, then answer."""
        # Somebody without a session cookie has none to end, and needs no query.
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        now = int(time.time())
        session = request.session
        signed_in = session.get(self.SIGNED_IN)
        seen = session.get(self.SEEN, now)
        if signed_in is None:
            session[self.SIGNED_IN] = signed_in = now
        idle = now - seen > settings.SESSION_IDLE.total_seconds()
        if idle or now - signed_in > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif self.SEEN not in session or now - seen >= self.NOTED_EVERY:
            session[self.SEEN] = now
            _note_seen(session.session_key)


def _note_seen(session_key: str | None) -> None:
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now())
