"""What an app of a page is configured with, and Messenger's limits (Profile API reference)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_GREETING, MAX_PAYLOAD, MAX_TITLE, MAX_MENU, MAX_DOMAINS = 160, 1000, 30, 5, 50
VARIABLES = ("user_first_name", "user_last_name", "user_full_name")
OPEN_URL, POSTBACK = "web_url", "postback"
_VARIABLE = re.compile(r"{{\s*(.*?)\s*}}")


class MenuItem(msgspec.Struct, frozen=True):
    """An entry of the persistent menu; ``value`` is the URL or the payload."""

    title: str
    type: str
    value: str


class PageConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A page and how Messenger greets there; an empty ``get_started`` means no button."""

    page_id: str
    page_name: str = ""
    authorized_by: str = ""
    greeting: str = ""
    get_started: str = ""
    menu: list[MenuItem] = []
    domains: list[str] = []


class PageSecrets(msgspec.Struct, frozen=True):
    """The token of the page."""

    page_token: str


def checked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration normalized, or raise a sentence for each field."""
    try:
        page = msgspec.convert(config, PageConfig)
    except msgspec.ValidationError as error:
        raise ValidationError(
            _("The configuration is not as documented: %s.") % error
        ) from None
    if not re.fullmatch(r"[0-9]{1,40}", page.page_id):
        raise ValidationError({"page_id": [_("Page ID must be digits.")]})
    problems: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        if problem := check(page):
            problems[name] = [problem]
    if problems:
        raise ValidationError(problems)
    normal: dict[str, Any] = msgspec.to_builtins(page)
    return normal | {"domains": [_origin(domain) for domain in page.domains]}


def checked_secrets(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Return the credentials, or raise a sentence."""
    token = secrets.get("page_token")
    if not isinstance(token, str) or not token.strip():
        raise ValidationError(
            {"page_token": [_("Log in at Facebook to get the page's token.")]}
        )
    return {"page_token": token.strip()}


def page_of(config: Mapping[str, Any]) -> str:
    """Return the page that a configuration names."""
    return str(config.get("page_id", ""))


def _greeting(page: PageConfig) -> Any:
    if len(page.greeting) > MAX_GREETING:
        return _("Welcome message must be 160 characters or fewer.")
    for name in _VARIABLE.findall(page.greeting):
        if name not in VARIABLES:
            known = ", ".join(f"{{{{{variable}}}}}" for variable in VARIABLES)
            return _("Messenger fills in only %(known)s.") % {"known": known}
    return ""


def _get_started(page: PageConfig) -> Any:
    if len(page.get_started) > MAX_PAYLOAD:
        return _("Payload must be 1,000 characters or fewer.")
    if page.menu and not page.get_started:
        return _("The persistent menu needs the Get Started button. Remove the menu first.")
    return ""


def _menu(page: PageConfig) -> Any:
    if len(page.menu) > MAX_MENU:
        return _("The menu must have 5 items or fewer.")
    for number, item in enumerate(page.menu, start=1):
        if problem := item_problem(item):
            return _("Item %(number)s: %(problem)s") % {"number": number, "problem": problem}
    return ""


def item_problem(item: MenuItem) -> Any:
    """Return what is wrong with one item of the menu, or nothing."""
    if not item.title.strip():
        return _("Enter the text of the item.")
    if len(item.title) > MAX_TITLE:
        return _("The text must be 30 characters or fewer.")
    if item.type not in (OPEN_URL, POSTBACK):
        return _("Select Open URL or Postback.")
    if not item.value.strip():
        return _("Enter the URL.") if item.type == OPEN_URL else _("Enter the payload.")
    if len(item.value) > MAX_PAYLOAD:
        return _("The URL or payload must be 1,000 characters or fewer.")
    if item.type == OPEN_URL and not re.match(r"https?://[^\s/]+", item.value):
        return _("The URL must begin with https:// or http://.")
    return ""


def _domains(page: PageConfig) -> Any:
    if len(page.domains) > MAX_DOMAINS:
        return _("Sites must be 50 or fewer.")
    for domain in page.domains:
        if not _origin(domain):
            return _("“%(site)s” is no site. Write it like https://www.example.com.") % {
                "site": domain[:100]
            }
    return ""


def _origin(text: str) -> str:
    """Return a site as the Profile API wants it: ``https`` and a host; empty for no such."""
    parts = urlsplit(text.strip().lower())
    is_site = parts.scheme == "https" and parts.hostname and parts.path in ("", "/")
    return f"https://{parts.netloc}" if is_site and not parts.query else ""


_CHECKS = {
    "greeting": _greeting,
    "get_started": _get_started,
    "menu": _menu,
    "domains": _domains,
}
