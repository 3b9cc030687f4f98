"""Bulk acts of support: each row by its own service call, refusals told one by one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Case, F, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from imiconnect.console.words import Words
from imiconnect.support import ReadOnlyAdmin

Act = Callable[[Any, str], None]


@dataclass(frozen=True)
class Queue:
    """How many rows of a model wait for a decision of support, and where they are."""

    label: Words
    waiting: int
    url: str


def with_queues(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for a decision to the first page of the admin; unfold calls this."""
    queues = []
    for model, page in admin.site._registry.items():
        if isinstance(page, DecisionAdmin) and page.waits and page.has_view_permission(request):
            meta = model._meta
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            waiting = page.get_queryset(request).filter(**page.waits).count()
            queues.append(Queue(capfirst(str(meta.verbose_name_plural)), waiting, url))
    return context | {"queues": queues}


def waiting_first(field: str, value: str, since: str, *then: str) -> tuple[Any, ...]:
    """Return the order of a queue: what waits by ``since``, then the rest by ``then``."""
    waits = Case(When(**{field: value}, then=F(since)))
    return (waits.asc(nulls_last=True), *then)


class DecisionAdmin(ReadOnlyAdmin):
    """A queue: rows to look at, and acts on those selected.

    ``waits`` says which rows support has to decide; the first page of the admin counts them.
    """

    waits: ClassVar[dict[str, Any]] = {}

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Allow staff who may change this model."""
        meta = self.model._meta
        return bool(request.user.has_perm(f"{meta.app_label}.change_{meta.model_name}"))

    def run(self, request: HttpRequest, rows: Any, act: Act, text: str = "") -> None:
        """Do ``act`` with every row; each that is refused is told and stays as it was."""
        done = 0
        for row in rows:
            try:
                act(row, text)
                done += 1
            except ValidationError as problem:
                lines = f"{row}: {' '.join(problem.messages)}"
                self.message_user(request, lines, messages.ERROR)
        if done:
            self.message_user(request, _("Done: %d") % done, messages.SUCCESS)

    def ask(
        self, request: HttpRequest, rows: Any, act: Act, words: tuple[Words, Words]
    ) -> HttpResponse | None:
        """Ask for a text that the requester reads, then do ``act`` with it.

        ``words`` are the title and the label; the requester sees the text.
        """
        text = request.POST.get("text", "").strip()
        if "apply" in request.POST and text:
            self.run(request, rows, act, text)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": words[0],
            "label": words[1],
            "rows": rows,
            "action": request.POST.get("action", ""),
            "missing": "apply" in request.POST,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/ask.html", context)
