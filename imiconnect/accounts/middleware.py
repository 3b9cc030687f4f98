"""Who acts in this request: the person's seat in the chosen organization."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from imiconnect.accounts.standing import current_member
from imiconnect.audit.services import Origin, origin

GetResponse = Callable[[HttpRequest], HttpResponse]


def client_address(request: HttpRequest) -> str | None:
    """Return the address of the client, past as many proxies as are trusted."""
    from django.conf import settings

    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if settings.TRUSTED_PROXIES and len(forwarded) >= settings.TRUSTED_PROXIES:
        return forwarded[-settings.TRUSTED_PROXIES].strip() or None
    return request.META.get("REMOTE_ADDR") or None


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
