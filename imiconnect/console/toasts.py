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


def undo_url(message: Message) -> str:
    """Return the address that reverses what the message confirms, or an empty string."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""


def as_dict(message: Message) -> dict[str, str]:
    """Return a message as the browser's script takes it."""
    return {"text": str(message.message), "undo": undo_url(message)}
