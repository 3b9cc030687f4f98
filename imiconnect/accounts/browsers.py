"""The browser of a session in words, as its user agent names it."""

import re

from django.utils.translation import gettext

#: The first that fits is it: every browser also names those it descends from.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:A|iOS)?/(\d+)")),
    ("Opera", re.compile(r"\b(?:OPR|Opera)/(\d+)")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/(\d+)")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/(\d+)")),
    ("Chrome", re.compile(r"\b(?:Headless)?(?:Chrome|CriOS)/(\d+)")),
    ("Safari", re.compile(r"\bVersion/(\d+)\S* .*Safari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile("iPhone")),
    ("iPad", re.compile("iPad")),
    ("Android", re.compile("Android")),
    ("Windows", re.compile("Windows")),
    ("macOS", re.compile("Macintosh|Mac OS X")),
    ("ChromeOS", re.compile("CrOS")),
    ("Linux", re.compile("Linux")),
)


def browser_words(user_agent: str) -> str:
    """Return "Firefox 128 on Windows"; what names no known browser is returned as it is."""
    for browser, pattern in _BROWSERS:
        if found := pattern.search(user_agent):
            name = f"{browser} {found[1]}"
            break
    else:
        return user_agent or gettext("Not known")
    system = next((word for word, pattern in _SYSTEMS if pattern.search(user_agent)), "")
    words = gettext("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return words if system else name
