"""The door of every page: signed in, seated in an organization, and allowed to act."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import classonlymethod

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def acting(request: HttpRequest) -> Member:
    """Return the seat of the person who acts; only behind ``member_required``."""
    member = request.member  # type: ignore[attr-defined]
    assert isinstance(member, Member)  # noqa: S101 - member_required has let them in
    return member


def member_required(act: Act = Act.READ) -> Callable[[View[P]], View[P]]:
    """Let in people whose role allows ``act``.

    The others: to sign in; to a page that says whom to ask, when they have no seat; 403 when
    their role does not allow it.
    """

    def wrap(view: View[P]) -> View[P]:
        @wraps(view)
        def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            member = request.member  # type: ignore[attr-defined]
            if not member:
                return render(request, "accounts/no_seat.html", status=403)
            if not member.can(act):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(inner)  # type: ignore[return-value]

    return wrap


class MemberRequiredMixin:
    """The same door for class-based views; ``act`` names what the page does."""

    act: Act = Act.READ

    # Type checkers read ``as_view`` of the view beside, which they cannot combine with this.
    if not TYPE_CHECKING:

        @classonlymethod
        def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
            """Return the view behind the door."""
            return member_required(cls.act)(super().as_view(**initkwargs))


__all__ = ["Act", "MemberRequiredMixin", "acting", "member_required"]
