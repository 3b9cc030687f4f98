"""The type of text shown to people: translated at once, or when it is drawn."""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    Words: TypeAlias = str | StrPromise
else:
    Words: TypeAlias = str
