"""Short confirmations of what the page also shows; an undo address makes one stay."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from imiconnect.console.words import Words

_UNDO = "undo:"


def toast(request: HttpRequest, text: Words, *, undo_url: str = "") -> None:
    """Confirm an act, on this answer or on the page it redirects to.

    ``undo_url`` takes a POST that reverses the act; with it the toast stays until closed.
    Errors do not belong in a toast.
    """
    messages.success(request, str(text), extra_tags=_UNDO + undo_url if undo_url else "")


def warn(request: HttpRequest, text: Words) -> None:
    """Say what was not done, or only in part, where no form is left to say it at.

    It looks unlike a confirmation and stays until it is closed.
    """
    messages.warning(request, str(text))


def is_warning(message: Message) -> bool:
    """Tell whether a message says that something was not done."""
    return message.level == messages.WARNING


def undo_url(message: Message) -> str:
    """Return the address that reverses what the message confirms, or an empty string."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""


def as_dict(message: Message) -> dict[str, str | bool]:
    """Return a message as the browser's script takes it."""
    text, warning = str(message.message), is_warning(message)
    return {"text": text, "undo": undo_url(message), "warning": warning}
