"""Filling in templates; no I/O.

A parameter is written ``$(name)``, as IMIconnect writes variables (facts/imiconnect.md, section
12); ``$$(name)`` is those characters themselves. Parameters may stand in every text of a
content, not in the names of its fields.
"""

import re
from collections.abc import Mapping
from typing import Any

from imiconnect.rtm.intake.answers import Refusal, invalid, missing

MAX_VALUE = 2000
_PARAMETER = re.compile(r"\$(\$?)\(([A-Za-z][A-Za-z0-9_]{0,49})\)")
#: What looks like a parameter and is none.
_ODD = re.compile(r"(?<!\$)\$\(([^)]{0,60})\)?")


def names_in(content: Any) -> list[str]:
    """Return the parameters of a content, each once, in the order in which they come."""
    found: dict[str, None] = {}
    for text in _texts(content):
        for escape, name in _PARAMETER.findall(text):
            if not escape:
                found[name] = None
    return list(found)


def odd_in(content: Any) -> str:
    """Return what looks like a parameter but has no name that one may have, or nothing."""
    for text in _texts(content):
        for found in _ODD.finditer(text):
            if not _PARAMETER.match(text, found.start()):
                return found[0]
    return ""


def filled(content: Any, parameters: Mapping[str, str]) -> Any:
    """Return a content with its parameters filled in.

    Raises ``Refusal`` 7003 that names a parameter which is not there. What is not asked for
    is left out of account.
    """
    if isinstance(content, str):
        return _PARAMETER.sub(lambda found: _value(found, parameters), content)
    if isinstance(content, dict):
        return {name: filled(part, parameters) for name, part in content.items()}
    if isinstance(content, list):
        return [filled(part, parameters) for part in content]
    return content


def checked_parameters(given: Any) -> dict[str, str]:
    """Return ``message.parameters`` of a request as texts; raises ``Refusal`` 7004."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise invalid("message.parameters is not an object with a text for each parameter.")
    return {name: _text(name, value) for name, value in given.items()}


def _text(name: str, value: Any) -> str:
    where = f"message.parameters.{name}"[:100]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid(f"{where} is not a text or a number.")
    text = str(value)
    if len(text) > MAX_VALUE:
        raise invalid(f"{where} is longer than {MAX_VALUE} characters.")
    return text


def _value(found: "re.Match[str]", parameters: Mapping[str, str]) -> str:
    escape, name = found.groups()
    if escape:
        return f"$({name})"
    if name not in parameters:
        raise _missing(name)
    return parameters[name]


def _missing(name: str) -> Refusal:
    return missing(f"message.parameters.{name}")


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    if isinstance(content, dict):
        return [text for part in content.values() for text in _texts(part)]
    if isinstance(content, list):
        return [text for part in content for text in _texts(part)]
    return []
