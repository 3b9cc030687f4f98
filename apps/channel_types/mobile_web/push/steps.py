"""The wizard's steps of push: for each platform how, then the credentials for it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.mobile_web import support
from imiconnect.apps.channel_types.mobile_web.push.forms import FORMS, METHOD_FORMS
from imiconnect.apps.push.credentials import Credentials, Platform
from imiconnect.console.words import Words
from imiconnect.wizards import Answers, Step

_TEMPLATES = {"web": "apps/channel_types/mobile_web/web_step.html"}
_HEADINGS: dict[tuple[str, str], Words] = {
    ("ios", "apns_token"): _("Which APNs key signs the notifications?"),
    ("ios", "apns_certificate"): _("Which certificate is the app's?"),
    ("ios", "fcm"): _("Which Firebase project serves iOS?"),
    ("android", "fcm"): _("Which Firebase project serves Android?"),
    ("web", "web_push"): _("Which site asks its visitors?"),
}
_QUESTIONS: dict[str, Words] = {
    "ios": _("How does push reach iOS?"),
    "android": _("How does push reach Android?"),
    "web": _("How does push reach browsers?"),
}


def wanted(answers: Answers) -> list[str]:
    """Return the platforms that the answers so far make devices of."""
    if answers.value("platform", "platform") == "web":
        return [Platform.WEB.value]
    return [
        name for name in ("ios", "android") if name in answers.value("system", "systems", ())
    ]


def _support(_request: HttpRequest, _answers: Answers) -> dict[str, Any]:
    return {"support": support}


def _asks(platform: str) -> Callable[[Answers], bool]:
    return lambda answers: platform in wanted(answers)


def _asks_for(platform: str, method: str) -> Callable[[Answers], bool]:
    def applies(answers: Answers) -> bool:
        return _asks(platform)(answers) and answers.value(platform, "method") == method

    return applies


def _slug(platform: str, method: str) -> str:
    return f"{platform}-{method.replace('_', '-')}"


def steps() -> tuple[Step, ...]:
    """Return all steps of push; each applies only where the answers ask for it."""
    made: list[Step] = []
    for platform, form in METHOD_FORMS.items():
        label = Platform(platform).label
        made.append(
            Step(
                platform,
                label,
                form,
                heading=_QUESTIONS[platform],
                applies=_asks(platform),
                context=_support if platform == "web" else None,
                template_name=_TEMPLATES.get(platform, Step.template_name),
            )
        )
        for (named, method), heading in _HEADINGS.items():
            if named == platform:
                made.append(
                    Step(
                        _slug(platform, method),
                        _("Credentials"),
                        FORMS[method],
                        heading=heading,
                        applies=_asks_for(platform, method),
                    )
                )
    return tuple(made)


def chosen(answers: Answers) -> dict[str, Credentials]:
    """Return the credentials of each platform that has some."""
    found: dict[str, Credentials] = {}
    for platform in wanted(answers):
        method = answers.value(platform, "method", "")
        credentials: Any = answers.value(_slug(platform, method), "credentials")
        if credentials is not None:
            found[platform] = credentials
    return found
