"""Settings > Roles: what each role may do, from the table that the code itself asks."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin
from imiconnect.accounts.roles import ACT_WORDS, ALLOWED, Role
from imiconnect.accounts.views.base import settings_tabs
from imiconnect.console.forms import PageMixin


class Roles(MemberRequiredMixin, PageMixin, TemplateView):
    """The matrix of roles and acts."""

    act = Act.MANAGE_PEOPLE
    section = "settings"
    title = _("Roles")
    template_name = "accounts/roles.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add a row for each act, with a cell for each role."""
        rows = [
            (ACT_WORDS[act], [(role.label, act in ALLOWED[role]) for role in Role])
            for act in Act
        ]
        return super().get_context_data(
            **kwargs,
            roles=[role.label for role in Role],
            rows=rows,
            kinds=settings_tabs(self.request, "roles"),
        )
