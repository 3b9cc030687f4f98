"""The card of the dashboard that says in words how the engines and processes are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from imiconnect.console.panels import Attention, Panel, register_attention, register_panel
from imiconnect.console.words import Words
from imiconnect.engines.health import Part, parts

#: What each part is called; the database and the others keep their roles' names.
NAMES: dict[str, Words] = {
    "database": _("Database"),
    "redis": _("Live updates and cache"),
    "broker": _("MQTT broker"),
    "celery_broker": _("Task broker"),
    "beat": _("Scheduler"),
    "uplink": _("Uplink listener"),
    "authcallout": _("Broker permissions"),
    "smpp": _("SMPP links"),
}
_QUEUE = "queue:"


@dataclass(frozen=True)
class Line:
    """One line of the card; ``state`` is of ``console.states``."""

    name: Words
    state: str
    words: str


def lines(found: Mapping[str, Part]) -> list[Line]:
    """Return a line for each engine and process, and one for all queues together."""
    shown = [
        Line(NAMES.get(name, name), "healthy" if part.ready else "broken", _words(part))
        for name, part in found.items()
        if not name.startswith(_QUEUE)
    ]
    queues = {name: part for name, part in found.items() if name.startswith(_QUEUE)}
    return [*shown, _queues(queues)] if queues else shown


def _words(part: Part) -> str:
    if not part.ready:
        return str(_PROBLEMS.get(part.problem, part.problem))
    if part.answered_ms is not None:
        return gettext("answered in {n} ms").format(n=part.answered_ms)
    return gettext("working")


_PROBLEMS: dict[str, Words] = {
    "does not answer": _("does not answer"),
    "has not been seen lately": _("has not been seen lately"),
}


def _queues(queues: Mapping[str, Part]) -> Line:
    idle = [name.removeprefix(_QUEUE) for name, part in queues.items() if not part.ready]
    if idle:
        words = gettext("no worker takes {names}").format(names=", ".join(idle))
        return Line(_("Queues"), "broken", words)
    words = ngettext("{n} queue has a worker", "{n} queues have a worker", len(queues))
    return Line(_("Queues"), "healthy", words.format(n=len(queues)))


def register() -> None:
    """Put the card on the dashboard, and what is broken under Needs attention."""
    register_panel(Panel("health", _("Health"), "console/dashboard/health.html", _load, 40, 12))
    register_attention(_attention)


def _load(request: HttpRequest) -> dict[str, Any]:
    return {"lines": _of(request)}


def _attention(request: HttpRequest) -> list[Attention]:
    return [
        Attention(f"{line.name}: {line.words}", "#panel-health", "broken")
        for line in _of(request)
        if line.state == "broken"
    ]


def _of(request: HttpRequest) -> list[Line]:
    """Ask once for each request: both the card and the list show it."""
    kept: list[Line] | None = getattr(request, "_health", None)
    if kept is None:
        kept = lines(parts())
        request._health = kept  # type: ignore[attr-defined]  # of this request only
    return kept
