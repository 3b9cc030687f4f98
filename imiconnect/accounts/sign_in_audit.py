"""Sign-ins, failures, sign-outs and changes of how people sign in, as audit entries.

A person may sit in several organizations, and each one's Admin reads only its own record, so
each gets an entry. What concerns nobody known is recorded without an organization.
"""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from imiconnect.accounts.middleware import client_address
from imiconnect.accounts.models import Member, User
from imiconnect.audit.services import Origin, origin, record


def _tell(action: str, request: HttpRequest | None, user: User | None, **after: Any) -> None:
    """Record ``action`` of ``user`` in every organization of theirs, as done by them."""
    organizations: list[Any] = [None]
    if user is not None:
        seats = Member.objects.active().filter(user=user)
        organizations = list(seats.values_list("organization_id", flat=True)) or [None]
    address = client_address(request) if request is not None else None
    token = origin.set(Origin(user=user, address=address))
    try:
        for organization_id in organizations:
            record(action, user, organization_id=organization_id, after=after)
    finally:
        origin.reset(token)


def _signed_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _tell("sign_in.succeeded", request, user)


def _signed_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _tell("sign_in.ended", request, user)


def _failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    email = str(credentials.get("email") or credentials.get("username") or "")[:254]
    user = User.objects.filter(email__iexact=email).first()
    _tell("sign_in.failed", request, user, email=email)


def _code_failed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _tell("sign_in.code_failed", request, user)


def _password_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _tell("password.changed", request, user)


def _password_reset(request: HttpRequest, user: User, **kwargs: Any) -> None:
    _tell("password.reset", request, user)


def _factor(action: str) -> Any:
    def receive(
        request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
    ) -> None:
        _tell(f"second_factor.{action}", request, user, kind=authenticator.type)

    return receive


_RECEIVERS = (
    (user_logged_in, _signed_in),
    (user_logged_out, _signed_out),
    (user_login_failed, _failed),
    (account.password_changed, _password_changed),
    (account.password_set, _password_changed),
    (account.password_reset, _password_reset),
    (mfa.authentication_failed, _code_failed),
    (mfa.authenticator_added, _factor("added")),
    (mfa.authenticator_removed, _factor("removed")),
    (mfa.authenticator_reset, _factor("renewed")),
)


def connect() -> None:
    """Listen to Django's and allauth's signals."""
    for signal, receiver in _RECEIVERS:
        signal.connect(receiver, weak=False, dispatch_uid=f"audit-{receiver!r}")
