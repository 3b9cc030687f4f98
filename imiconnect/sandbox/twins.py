"""The twins that there are: every folder beside this file that has a ``twin.py``."""

import pkgutil
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Twin:
    """The double of one provider.

    ``urls`` is the dotted name of a module with ``urlpatterns``, served below
    ``/sandbox/<slug>/``. ``values`` returns what clients are set to while the sandbox is on:
    base URLs and the credentials of the platform's own account there. ``switches`` are the
    ways in which it can be told to misbehave; ``page`` is the dotted name of the view where a
    person plays the customer, a subclass of ``views.TwinPage``. ``beside`` serves the twin
    for as long as the web server lives where its provider speaks what the web port does not.
    """

    slug: str
    name: Words
    text: Words
    icon: str
    urls: str
    page: str
    values: Callable[[], Mapping[str, str]]
    switches: Mapping[str, Words] = field(default_factory=dict)
    beside: Callable[[], AbstractAsyncContextManager[Any]] | None = None


#: Words of the switches that most twins have.
SWITCH_WORDS: dict[str, Words] = {
    "expired_token": _("Answer that the token has expired"),
    "rate_limit": _("Answer that calls come too fast"),
    "closed_window": _("Answer that the customer may not be written to now"),
    "dead_token": _("Answer that the device's token is dead"),
    "too_large": _("Answer that the notification is too large"),
    "slow": _("Answer after three seconds"),
    "down": _("Answer with a fault of the server"),
}


def switches(*names: str) -> dict[str, Words]:
    """Return common switches with their words."""
    return {name: SWITCH_WORDS[name] for name in names}


@cache
def by_slug() -> dict[str, Twin]:
    """Return every twin by its slug."""
    found = [
        import_module(f"imiconnect.sandbox.{module.name}.twin").TWIN
        for module in pkgutil.iter_modules([str(_FOLDER)])
        if module.ispkg and (_FOLDER / module.name / "twin.py").exists()
    ]
    return {twin.slug: twin for twin in sorted(found, key=lambda twin: twin.slug)}


def values_of(slug: str) -> dict[str, str]:
    """Return what clients of a provider are set to; empty where it has no twin."""
    twin = by_slug().get(slug)
    return dict(twin.values()) if twin else {}
