"""The Content-Security-Policy header: strict, and looser for the support staff's pages."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class SupportCSPMiddleware(CSPMiddleware):
    """django-csp with ``SUPPORT_CSP`` in place of the strict policy below ``/admin/``.

    The admin's theme has inline scripts and styles and evaluates expressions. Nothing of the
    console is below that path, and other origins are refused there too.
    """

    PREFIX = "/admin/"

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy of the page."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(self.PREFIX) and not report_only:
            parts.replace = {**settings.SUPPORT_CSP, **(parts.replace or {})}
        return parts
