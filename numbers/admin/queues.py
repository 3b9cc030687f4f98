"""What waits for support: Sender IDs, keywords, short codes, operators, offline requests."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from imiconnect.decisions import DecisionAdmin, waiting_first
from imiconnect.numbers.kinds import State
from imiconnect.numbers.models import (
    KeywordRequest,
    Number,
    OfflineRequest,
    OperatorVerification,
    SenderIdRequest,
    ShortCodeOrder,
)
from imiconnect.numbers.services import offline, senders, short_codes

_FIELDS = (
    "organization", "value", "country", "state", "reason", "short_code", "is_dedicated",
    "created_by", "created_at", "history", "asked_for",
)  # fmt: skip


def _once(find: Callable[[Any, Number], str]) -> Callable[[Any, Number], str]:
    """Ask once per page: the admin draws a computed field several times."""

    @wraps(find)
    def shown(self: Any, number: Number) -> str:
        kept = number.__dict__.setdefault("_shown", {})
        if find.__name__ not in kept:
            kept[find.__name__] = find(self, number)
        return str(kept[find.__name__])

    return shown


class NumberQueue(DecisionAdmin):
    """Numbers of one kind; what waits is on top, the oldest first."""

    list_display = ("__str__", "organization", "country", "state", "created_at")
    list_filter: ClassVar = ["state", ("organization", AutocompleteSelectFilter)]
    list_select_related: tuple[str, ...] = ("organization", "country")
    search_fields = ("folded",)
    fields: tuple[str, ...] = _FIELDS
    readonly_fields: tuple[str, ...] = ("history", "asked_for", "created_at")
    ordering: ClassVar = waiting_first("state", State.PENDING, "created_at", "-id")
    is_named = True
    waits: ClassVar = {"state": State.PENDING}

    @admin.display(description=_("history"))
    @_once
    def history(self, number: Number) -> str:
        """Return the order's history, a line each."""
        events = number.events.all()
        return "\n".join(
            f"{event.created_at:%Y-%m-%d %H:%M} {event.text} {event.actor_name}".strip()
            for event in events
        )

    @admin.display(description=_("asked for"))
    @_once
    def asked_for(self, number: Number) -> str:
        """Return what the requester entered."""
        details = getattr(number, "keyword_details", None) or getattr(
            number, "short_code_request", None
        )
        if details is None:
            return "-"
        fields = [field for field in details._meta.fields if not field.primary_key]
        return "\n".join(f"{f.verbose_name}: {getattr(details, f.attname)}" for f in fields)

    @admin.action(description=_("Approve"), permissions=["decide"])
    def approve(self, request: HttpRequest, rows: Any) -> None:
        """Let the selected ones be used."""
        self.run(request, rows, lambda number, text: senders.approve(number=number))

    @admin.action(description=_("Reject with a reason"), permissions=["decide"])
    def reject(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Refuse the selected ones."""
        return self.ask(
            request,
            rows,
            lambda number, text: senders.reject(number=number, reason=text),
            (_("Reject"), _("Reason, which the requester reads")),
        )


@admin.register(SenderIdRequest)
class SenderIdRequestAdmin(NumberQueue):
    """Sender IDs; look-alikes of other organizations' names are shown."""

    actions = ("approve", "reject")
    fields = (*_FIELDS, "look_alikes")
    readonly_fields = (*NumberQueue.readonly_fields, "look_alikes")

    @admin.display(description=_("look-alikes of other organizations"))
    @_once
    def look_alikes(self, number: Number) -> str:
        """Return live Sender IDs of others that look the same."""
        twins = SenderIdRequest.objects.filter(skeleton=number.skeleton)
        twins = twins.exclude(organization=number.organization_id).select_related(
            "organization"
        )
        return "\n".join(f"{twin.value} ({twin.organization})" for twin in twins[:10]) or "-"


@admin.register(KeywordRequest)
class KeywordRequestAdmin(NumberQueue):
    """Keywords on shared default codes."""

    actions = ("approve", "reject")
    list_select_related = ("organization", "country", "short_code")


@admin.register(ShortCodeOrder)
class ShortCodeOrderAdmin(NumberQueue):
    """Short codes: sent to the operators, or refused."""

    actions = ("begin", "begin_with_code", "reject")

    @admin.action(description=_("Begin verification"), permissions=["decide"])
    def begin(self, request: HttpRequest, rows: Any) -> None:
        """Send vanity codes to their operators."""
        self.run(request, rows, lambda n, text: short_codes.begin_verification(number=n))

    @admin.action(description=_("Begin verification with this code"), permissions=["decide"])
    def begin_with_code(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Name the code of a random request and send it to the operators."""
        return self.ask(
            request,
            rows,
            lambda n, text: short_codes.begin_verification(number=n, code=text),
            (_("Begin verification"), _("Short code")),
        )

    @admin.action(description=_("Reject with a reason"), permissions=["decide"])
    def reject(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Refuse the selected ones."""
        return self.ask(
            request,
            rows,
            lambda number, text: short_codes.reject(number=number, reason=text),
            (_("Reject"), _("Reason, which the requester reads")),
        )


@admin.register(OperatorVerification)
class OperatorVerificationAdmin(DecisionAdmin):
    """The answers of operators; those that are waited for are on top, due first."""

    list_display = ("number", "operator", "result", "due_on", "decided_at", "decided_by")
    list_filter = ("result", "operator")
    list_select_related = ("number", "decided_by")
    search_fields = ("number__folded", "operator")
    ordering: ClassVar = waiting_first(
        "result", OperatorVerification.Result.WAITING, "due_on", "-decided_at", "-id"
    )
    actions = ("verify", "refuse")
    waits: ClassVar = {
        "result": OperatorVerification.Result.WAITING,
        "number__state": State.VERIFYING,
    }

    @admin.action(description=_("Verified by the operator"), permissions=["decide"])
    def verify(self, request: HttpRequest, rows: Any) -> None:
        """Write that the operator has said yes."""
        self.run(
            request,
            rows,
            lambda check, text: short_codes.decide_verification(
                check=check,
                verified=True,
                by=request.user,  # type: ignore[arg-type]  # staff are signed in
            ),
        )

    @admin.action(description=_("Refused by the operator"), permissions=["decide"])
    def refuse(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Write that the operator has said no, and why."""
        return self.ask(
            request,
            rows,
            lambda check, text: short_codes.decide_verification(
                check=check,
                verified=False,
                reason=text,
                by=request.user,  # type: ignore[arg-type]  # staff are signed in
            ),
            (_("Refuse"), _("Reason, which the requester reads")),
        )


@admin.register(OfflineRequest)
class OfflineRequestAdmin(DecisionAdmin):
    """Wishes for numbers that are not offered."""

    list_display = (
        "__str__",
        "organization",
        "country_name",
        "quantity",
        "state",
        "created_at",
    )
    list_filter: ClassVar = ["state", ("organization", AutocompleteSelectFilter)]
    list_select_related = ("organization",)
    search_fields = ("country_name",)
    ordering: ClassVar = waiting_first("state", OfflineRequest.State.OPEN, "created_at", "-id")
    is_named = True
    actions = ("answer", "decline")
    waits: ClassVar = {"state": OfflineRequest.State.OPEN}

    @admin.action(description=_("Answer"), permissions=["decide"])
    def answer(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Answer the selected ones."""
        return self._reply(request, rows, accepted=True)

    @admin.action(description=_("Decline with a reason"), permissions=["decide"])
    def decline(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        """Decline the selected ones."""
        return self._reply(request, rows, accepted=False)

    def _reply(self, request: HttpRequest, rows: Any, *, accepted: bool) -> HttpResponse | None:
        return self.ask(
            request,
            rows,
            lambda row, text: offline.answer(
                request=row,
                text=text,
                accepted=accepted,
                by=request.user,  # type: ignore[arg-type]  # staff are signed in
            ),
            (_("Answer") if accepted else _("Decline"), _("Text, which the requester reads")),
        )
