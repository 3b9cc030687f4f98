"""What packages put around every page: navigation, slots, account links, the sandbox strip.

Packages register in their ``ready``; the console itself knows none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch

from imiconnect.console.addresses import address
from imiconnect.console.words import Words

Visible = Callable[[HttpRequest], bool]


def to_everyone(request: HttpRequest) -> bool:
    """Show an entry to each signed-in person."""
    return True


@dataclass(frozen=True)
class Section:
    """One entry of the navigation; ``slug`` is what a page names in its ``section``."""

    slug: str
    label: Words
    url_name: str
    icon: str
    order: int
    visible: Visible = to_everyone


@dataclass(frozen=True)
class AccountLink:
    """One entry of the menu under the person's name."""

    label: Words
    url_name: str
    icon: str
    order: int = 50
    visible: Visible = to_everyone


class Shown(NamedTuple):
    """An entry as the template draws it."""

    slug: str
    label: str
    url: str
    icon: str


_sections: dict[str, Section] = {}
_account_links: dict[str, AccountLink] = {}
_slots: dict[str, list[str]] = {}
_sandbox_checks: list[Visible] = []


def register_section(section: Section) -> None:
    """Add an entry to the navigation; the same slug again replaces it."""
    _sections[section.slug] = section


def register_account_link(link: AccountLink) -> None:
    """Add an entry to the account menu; the same address again replaces it."""
    _account_links[link.url_name] = link


def register_slot(slot: str, template_name: str) -> None:
    """Include a template at a named place: ``organization``, ``level`` (sidebar), ``strip``."""
    templates = _slots.setdefault(slot, [])
    if template_name not in templates:
        templates.append(template_name)


def register_sandbox(check: Visible) -> None:
    """Show the sandbox strip on every page for which ``check`` answers true."""
    _sandbox_checks.append(check)


def navigation(request: HttpRequest) -> tuple[Shown, ...]:
    """Return the entries this person sees; one whose page does not exist yet is left out."""
    return _shown(request, sorted(_sections.values(), key=lambda section: section.order))


def account_links(request: HttpRequest) -> tuple[Shown, ...]:
    """Return the account menu of this person."""
    return _shown(request, sorted(_account_links.values(), key=lambda link: link.order))


def slots() -> dict[str, list[str]]:
    """Return the template names of each slot."""
    return _slots


def is_sandbox(request: HttpRequest) -> bool:
    """Tell whether this request works on simulated providers."""
    return any(check(request) for check in _sandbox_checks)


def _shown(
    request: HttpRequest, entries: list[Section] | list[AccountLink]
) -> tuple[Shown, ...]:
    shown = []
    for entry in entries:
        if not entry.visible(request):
            continue
        try:
            url = address(entry.url_name)
        except NoReverseMatch:
            continue
        slug = entry.slug if isinstance(entry, Section) else entry.url_name
        shown.append(Shown(slug, str(entry.label), url, entry.icon))
    return tuple(shown)
