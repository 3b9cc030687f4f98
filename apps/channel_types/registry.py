"""The channel types that there are: every folder beside this file that has a ``type.py``."""

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string

from imiconnect.apps import channel_types
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.channel_types.handler import Handler


@cache
def by_slug() -> dict[str, ChannelType]:
    """Return every channel type by its slug, in the order of the menu."""
    found = [
        import_module(f"{channel_types.__name__}.{module.name}.type").TYPE
        for module in pkgutil.iter_modules(channel_types.__path__)
        if module.ispkg
    ]
    return {kind.slug: kind for kind in sorted(found, key=lambda kind: kind.order)}


def all_types() -> list[ChannelType]:
    """Return every channel type, in the order of the menu."""
    return list(by_slug().values())


def get(slug: str) -> ChannelType:
    """Return one channel type; raises ``KeyError`` when there is none of this slug."""
    return by_slug()[slug]


def serving(channel: str) -> ChannelType:
    """Return the first channel type that serves a medium; raises ``KeyError`` without one."""
    for kind in all_types():
        if kind.channel == channel:
            return kind
    raise KeyError(channel)


def receipt_kinds() -> dict[str, tuple[str, ...]]:
    """Return, for each medium, the kinds of receipt that a customer can ask for."""
    return {channel: kinds for kind in all_types() for channel, kinds in kind.receipts.items()}


def added(name: str) -> list[Any]:
    """Return what all types add under a field that is the dotted name of a list."""
    return [
        item
        for kind in all_types()
        if getattr(kind, name)
        for item in import_string(getattr(kind, name))
    ]


@cache
def handler(slug: str, medium: str = "") -> Handler[Any, Any] | None:
    """Return the handler of a type for a medium (its own one unless named), or None."""
    kind = by_slug().get(slug)
    name = kind.handlers.get(medium or kind.channel) if kind else None
    return import_string(name)() if name else None
