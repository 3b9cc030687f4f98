"""What every REST view shares: cursor paging and RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, pagination
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler


class CursorPagination(pagination.CursorPagination):
    """Newest first by id, which grows with time; ``page_size`` up to 200."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200


def problem_details(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """Answer an error as ``application/problem+json`` (RFC 9457).

    A validation error carries ``errors``: a list of ``pointer`` (JSON pointer into the
    body), ``detail`` and ``code``. Returns None for what is a fault of ours.
    """
    response = exception_handler(exc, dict(context))
    if response is None:
        return None
    request = context.get("request")
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
        "detail": _detail(exc),
        "code": _code(exc),
        "request_id": getattr(getattr(request, "_request", None), "request_id", ""),
    }
    if isinstance(exc, exceptions.ValidationError):
        problem["errors"] = list(_errors(exc.get_full_details(), ""))
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _detail(exc: Exception) -> str:
    if isinstance(exc, exceptions.ValidationError):
        return "The request has values that cannot be used; see errors."
    if isinstance(exc, Http404):
        return "There is no such object, or none that this key or person may see."
    if isinstance(exc, PermissionDenied):
        return str(exc) or "This role does not allow it."
    return str(getattr(exc, "detail", exc))


def _code(exc: Exception) -> str:
    if isinstance(exc, Http404):
        return "not_found"
    if isinstance(exc, PermissionDenied):
        return "permission_denied"
    if isinstance(exc, exceptions.ValidationError):
        return "invalid"
    codes = exc.get_codes() if isinstance(exc, exceptions.APIException) else "error"
    return codes if isinstance(codes, str) else "error"


def _errors(details: Any, pointer: str) -> Any:
    if isinstance(details, list):
        for index, item in enumerate(details):
            leaf = isinstance(item, dict) and set(item) == {"message", "code"}
            yield from _errors(item, pointer if leaf else f"{pointer}/{index}")
    elif set(details) == {"message", "code"}:
        yield {"pointer": pointer, "detail": str(details["message"]), "code": details["code"]}
    else:
        for name, item in details.items():
            whole = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from _errors(item, pointer if whole else f"{pointer}/{name}")
