"""What Facebook tells of customers, for the MANAGE page: some of it needs a permission."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.client import PERMISSIONS
from imiconnect.apps.health import granted_to
from imiconnect.apps.models import App
from imiconnect.console.words import Words

_LABELS: dict[str, Words] = {
    "locale": _("Language and region"),
    "gender": _("Gender"),
    "timezone": _("Time zone"),
}


@dataclass(frozen=True)
class Told:
    """A field of a customer's profile, and whether the page's token lets us know it."""

    label: Words
    words: Words
    is_told: bool


def told_to(app: App) -> list[Told]:
    """Return each field that needs a permission, as the last check has found it."""
    granted = granted_to(app)
    return [_told(name, granted) for name in _LABELS]


def manage_context(page: Any) -> dict[str, Any]:
    """Return what the section draws."""
    return {"told": told_to(page.object)}


def _told(name: str, granted: frozenset[str] | None) -> Told:
    scope = PERMISSIONS[name]
    if granted is None:
        return Told(_LABELS[name], _("Not known before the first check of the page"), False)
    if scope in granted:
        return Told(_LABELS[name], _("Facebook tells it"), True)
    sentence = _("Facebook does not tell it: the page's token lacks the permission %s.")
    return Told(_LABELS[name], sentence % scope, False)
