"""HTML put together in Python, where a template for each small piece would be slow."""

import html
import re
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

_SPECIAL = re.compile("""[&<>"']""").search


def escaped(value: Any) -> SafeString:
    """Return a value as HTML: escaped, unless it is marked as safe.

    The same as Django's ``conditional_escape``, which spends most of its time on a short text
    on finding out that nothing of it is lazy.
    """
    if type(value) is SafeString:
        return value
    if type(value) is str:
        return SafeString(html.escape(value) if _SPECIAL(value) else value)
    return SafeString(conditional_escape(value))
