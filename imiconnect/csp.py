"""The Content-Security-Policy header: strict, and looser for the support staff's pages."""

from typing import Any, ClassVar

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: What a page says of its own policy (``csp.middleware`` and ``csp.decorators``).
_OF_PAGE = frozenset(
    f"_csp_{what}{where}"
    for what in ("config", "update", "replace", "exempt")
    for where in ("", "_ro")
)


class SupportCSPMiddleware(CSPMiddleware):
    """django-csp with ``SUPPORT_CSP`` in place of the strict policy below ``/admin/``.

    The admin's theme has inline scripts and styles and evaluates expressions. Nothing of the
    console is below that path, and other origins are refused there too.
    """

    PREFIX = "/admin/"
    #: By whether it is for support: the two settings, and the header that they give.
    _known: ClassVar[dict[bool, tuple[Any, Any, str]]] = {}

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Set the header; without a policy or nonce of the page's own it is known already."""
        if not self._is_plain(request, response):
            return super().process_response(request, response)
        response[HEADER] = self._policy(request.path_info.startswith(self.PREFIX))
        # As the library does: a nonce asked for now would be in no header.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response

    def _is_plain(self, request: HttpRequest, response: HttpResponseBase) -> bool:
        return (
            not settings.DEBUG
            and _OF_PAGE.isdisjoint(vars(response))
            and not hasattr(request, "_csp_nonce")
            and HEADER not in response
        )

    def _policy(self, is_support: bool) -> str:
        policy, replaced = settings.CONTENT_SECURITY_POLICY, settings.SUPPORT_CSP
        known = self._known.get(is_support)
        if known is None or known[0] is not policy or known[1] is not replaced:
            text = build_policy(replace=replaced if is_support else None)
            known = self._known[is_support] = (policy, replaced, text)
        return known[2]

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy of the page."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(self.PREFIX) and not report_only:
            parts.replace = {**settings.SUPPORT_CSP, **(parts.replace or {})}
        return parts
