"""What a mobile or web app is configured with: its platform and its systems or browsers."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class Platform(models.TextChoices):
    """Where the app runs."""

    MOBILE = "mobile", _("Mobile")
    WEB = "web", _("Web")


#: The systems and browsers of each platform, by the word in ``<appId>/Updates/<os>``.
SYSTEMS: dict[str, dict[str, Any]] = {
    Platform.MOBILE: {"android": _("Android"), "ios": _("iOS")},
    Platform.WEB: {
        "chrome": _("Chrome"),
        "firefox": _("Firefox"),
        "safari": _("Safari"),
        "edge": _("Edge"),
        "opera": _("Opera"),
    },
}


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``platform`` and ``systems`` normalized, or raise a sentence for each field."""
    platform = config.get("platform")
    if not isinstance(platform, str) or platform not in SYSTEMS:
        raise ValidationError({"platform": [_("Select the platform, Mobile or Web.")]})
    chosen = config.get("systems")
    known = SYSTEMS[platform]
    if not isinstance(chosen, list | tuple) or not chosen:
        raise ValidationError({"systems": [_("Select at least one OS or browser.")]})
    if not all(isinstance(system, str) and system in known for system in chosen):
        sentence = _("Select only from: %(known)s.")
        raise ValidationError(
            {"systems": ValidationError(sentence, params={"known": ", ".join(known)})}
        )
    return {"platform": platform, "systems": [name for name in known if name in chosen]}


def systems_of(config: Mapping[str, Any]) -> list[str]:
    """Return the systems and browsers whose devices are told of a new policy."""
    return list(config.get("systems", []))
