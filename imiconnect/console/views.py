"""The dashboard and the theme switch."""

from typing import Any

from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView

from imiconnect.console import panels, theme
from imiconnect.console.forms import PageMixin


class Dashboard(LoginRequiredMixin, PageMixin, TemplateView):
    """What happens today, what needs attention, and on a new installation what to do first."""

    template_name = "console/dashboard.html"
    section = "dashboard"
    title = _("Dashboard")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the cards that the packages registered."""
        context = super().get_context_data(**kwargs)
        # The middleware sets a lazy object, which is never None itself.
        if not getattr(self.request, "member", None):
            return context | {"no_member": True}
        attention, complete = panels.needs_attention(self.request)
        return context | {
            "panels": panels.draw_panels(self.request),
            "attention": attention,
            "attention_complete": complete,
            "steps": panels.first_steps(self.request),
        }


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the chosen theme in this browser and go back to the page."""
    chosen = request.POST.get("theme", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if chosen in theme.CHOICES:
        response.set_cookie(
            theme.COOKIE,
            chosen,
            max_age=theme.ONE_YEAR,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response
