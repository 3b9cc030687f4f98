"""The Tools page: reference and try-it pages that packages register in ``ready``."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.console.addresses import address
from imiconnect.console.forms import PageMixin
from imiconnect.console.shell import Visible, to_everyone
from imiconnect.console.words import Words


@dataclass(frozen=True)
class Tool:
    """One card of the Tools page."""

    url_name: str
    label: Words
    text: Words
    icon: str
    order: int = 50
    visible: Visible = to_everyone


@dataclass(frozen=True)
class ShownTool:
    """A tool as the page draws it."""

    tool: Tool
    url: str


_tools: dict[str, Tool] = {}


def register_tool(tool: Tool) -> None:
    """Add a card; the same address again replaces it."""
    _tools[tool.url_name] = tool


def tools_of(request: HttpRequest) -> list[ShownTool]:
    """Return the tools that this person sees, in order."""
    ordered = sorted(_tools.values(), key=lambda tool: tool.order)
    return [
        ShownTool(tool, address(tool.url_name)) for tool in ordered if tool.visible(request)
    ]


class Tools(LoginRequiredMixin, PageMixin, TemplateView):
    """The index of the tools."""

    template_name = "console/tools.html"
    section = "tools"
    title = _("Tools")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the tools."""
        has_seat = bool(getattr(self.request, "member", None))
        tools = tools_of(self.request) if has_seat else []
        return super().get_context_data(**kwargs) | {"tools": tools}
