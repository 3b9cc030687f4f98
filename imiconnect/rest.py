"""What the REST views of every package share: who may call, and errors of services."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework import exceptions, permissions, status
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.viewsets import GenericViewSet

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.apps.services import Blocked
from imiconnect.tokens.models import ApiToken


class InUse(exceptions.APIException):
    """Something cannot be deleted while it is in use; 409."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "in_use"


class RoleAllows(permissions.BasePermission):
    """Let in people with a seat whose role allows the act of this call."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask the view for the act; reading is open to every role."""
        member = member_of(request)
        if member is None or not member.can(view.act_of(view.action)):
            return False
        token: Any = request.auth
        return not isinstance(token, ApiToken) or self._in_scope(request, view, token)

    def _in_scope(self, request: Request, view: Any, token: ApiToken) -> bool:
        """Tell whether a token may make this call; what changes something is a write."""
        reads = request.method in permissions.SAFE_METHODS
        package = view.queryset.model._meta.app_label
        return f"{package}:{'read' if reads else 'write'}" in token.scopes


def member_of(request: Request | HttpRequest) -> Member | None:
    """Return the seat of the person who calls, or None."""
    member = getattr(getattr(request, "_request", request), "member", None)
    return member or None


class MemberViewSet(GenericViewSet[Any]):
    """Calls on one kind of object; ``acts`` names what the calls do that are no reading.

    What a service refuses is answered as a validation error by field, 400; an object in use
    that is to be deleted, 409.
    """

    permission_classes = (permissions.IsAuthenticated, RoleAllows)
    acts: ClassVar[dict[str, Act]] = {}

    @property
    def member(self) -> Member:
        """Who calls."""
        member = member_of(self.request)
        assert member is not None  # noqa: S101 - RoleAllows has let them in
        return member

    def act_of(self, action: str | None) -> Act:
        """Return what a call does, as far as permission tells."""
        return self.acts.get(action or "", Act.READ)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a character that no text of the database can have."""
        super().initial(request, *args, **kwargs)
        for name, values in request.query_params.lists():
            if any("\0" in value for value in values):
                sentence = "The value has the character U+0000, which no text may have."
                raise exceptions.ValidationError({name.replace("\0", ""): [sentence]})

    def visible(self, rows: Callable[[Member], QuerySet[Any]]) -> QuerySet[Any]:
        """Return the rows that the person may see; none while the schema is drawn up."""
        member = member_of(self.request) if getattr(self, "request", None) else None
        if getattr(self, "swagger_fake_view", False) or member is None:
            empty: Any = vars(type(self))["queryset"]
            return cast("QuerySet[Any]", empty.none())
        return rows(member)

    def handle_exception(self, exc: Exception) -> Any:
        """Answer what a service refuses."""
        if isinstance(exc, ValidationError):
            exc = exceptions.ValidationError(_by_field(exc))
        elif isinstance(exc, Blocked):
            exc = InUse(" ".join(str(blocker.text) for blocker in exc.blockers))
        return super().handle_exception(exc)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return error.message_dict
    return {api_settings.NON_FIELD_ERRORS_KEY: error.messages}


def checked_body(serializer: type[Any], request: Request) -> dict[str, Any]:
    """Return the body of a call, checked; raises DRF's ``ValidationError``."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    return values
