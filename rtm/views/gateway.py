"""Tools > Gateway: the processors and the providers' breakers, live."""

from typing import Any

from django.db import DatabaseError
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.forms import PageMixin
from imiconnect.rtm import gateway


class Gateway(MemberRequiredMixin, PageMixin, TemplateView):
    """The page, and for htmx its figures alone, every two seconds."""

    act = Act.RUN_GATEWAY
    section = "tools"
    title = _("Gateway")
    back_url = reverse_lazy("console:tools")
    back_label = _("Tools")

    def get_template_names(self) -> list[str]:
        """Draw the figures alone where htmx replaces them."""
        part = bool(getattr(self.request, "htmx", False))
        return ["rtm/gateway_part.html" if part else "rtm/gateway.html"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the figures; without the database, that they are missing."""
        context = super().get_context_data(**kwargs) | {"now": timezone.now()}
        try:
            return context | {
                "processors": gateway.processors(),
                "providers": gateway.providers(acting(self.request)),
            }
        except DatabaseError:
            return context | {"failed": True}
