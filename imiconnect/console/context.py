"""What every template of the console can use."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from imiconnect.console import shell, theme


def console(request: HttpRequest) -> dict[str, Any]:
    """Return the shell's context; each part is computed only when a template draws it."""
    return {
        "navigation": lambda: shell.navigation(request),
        "account_links": lambda: shell.account_links(request),
        "slots": shell.slots(),
        "theme": theme.chosen(request),
        "sandbox": SimpleLazyObject(lambda: shell.is_sandbox(request)),
        "request_id": getattr(request, "request_id", ""),
        "is_htmx": bool(getattr(request, "htmx", False)),
    }
