"""The cards of the dashboard: packages register them in ``ready``; the console knows none."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from imiconnect.console.words import Words

log = logging.getLogger(__name__)
_OVER_FOR = 86_400  # seconds

Context = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """A card; ``load`` returns the template's context, or None where it does not belong."""

    slug: str
    title: Words
    template_name: str
    load: Callable[[HttpRequest], Context | None]
    order: int = 50
    width: int = 6  # of 12 columns


@dataclass(frozen=True)
class Drawn:
    """A card as the dashboard shows it; ``failed`` has no body."""

    slug: str
    title: Words
    width: int
    html: str = ""
    failed: bool = False


@dataclass(frozen=True)
class Attention:
    """Something a person should look at; ``severity`` is a state of ``console.states``."""

    text: Words
    url: str = ""
    severity: str = "broken"


@dataclass(frozen=True)
class FirstStep:
    """A task of the first run; ``done`` asks its package."""

    slug: str
    label: Words
    hint: Words
    url_name: str
    done: Callable[[HttpRequest], bool]
    order: int


@dataclass(frozen=True)
class ShownStep:
    """A task as the list shows it; the first one not done is next."""

    step: FirstStep
    url: str
    done: bool
    is_next: bool = False


@dataclass
class Registry:
    """What packages have registered; one for the process."""

    panels: dict[str, Panel] = field(default_factory=dict)
    attention: list[Callable[[HttpRequest], Iterable[Attention]]] = field(default_factory=list)
    steps: dict[str, FirstStep] = field(default_factory=dict)


registry = Registry()


def register_panel(panel: Panel) -> None:
    """Add a card to the dashboard; the same slug again replaces it."""
    registry.panels[panel.slug] = panel


def register_attention(find: Callable[[HttpRequest], Iterable[Attention]]) -> None:
    """Add a finder of what needs attention."""
    if find not in registry.attention:
        registry.attention.append(find)


def register_first_step(step: FirstStep) -> None:
    """Add a task to the first run; the same slug again replaces it."""
    registry.steps[step.slug] = step


def draw_panels(request: HttpRequest) -> list[Drawn]:
    """Draw every card; one that raises costs itself only."""
    ordered = sorted(registry.panels.values(), key=lambda panel: (panel.order, panel.slug))
    drawn = (_draw(panel, request) for panel in ordered)
    return [panel for panel in drawn if panel is not None]


def needs_attention(request: HttpRequest) -> tuple[list[Attention], bool]:
    """Return what needs attention, and whether every finder could answer."""
    found: list[Attention] = []
    complete = True
    for find in registry.attention:
        try:
            found.extend(find(request))
        except Exception:  # a broken part must not cost the page
            log.exception("A finder of what needs attention failed")
            complete = False
    return found, complete


def first_steps(request: HttpRequest) -> list[ShownStep]:
    """Return the tasks of the first run in order; empty once all are done.

    Then nobody asks again for a day.
    """
    key = f"first-run-over:{request.member.pk}"  # type: ignore[attr-defined]
    if cache.get(key):
        return []
    shown: list[ShownStep] = []
    next_seen = False
    for step in sorted(registry.steps.values(), key=lambda step: step.order):
        done = _is_done(step, request)
        shown.append(ShownStep(step, _url(step.url_name), done, not done and not next_seen))
        next_seen = next_seen or not done
    if not next_seen:
        cache.set(key, True, _OVER_FOR)
    return shown if next_seen else []


def _draw(panel: Panel, request: HttpRequest) -> Drawn | None:
    try:
        context = panel.load(request)
        if context is None:
            return None
        html = render_to_string(panel.template_name, context, request=request)
    except Exception:  # a broken part must not cost the page
        log.exception("The panel %s failed", panel.slug)
        return Drawn(panel.slug, panel.title, panel.width, failed=True)
    return Drawn(panel.slug, panel.title, panel.width, html)


def _is_done(step: FirstStep, request: HttpRequest) -> bool:
    try:
        return step.done(request)
    except Exception:  # a broken part must not cost the page
        log.exception("The first step %s could not be asked", step.slug)
        return False


def _url(name: str) -> str:
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""
