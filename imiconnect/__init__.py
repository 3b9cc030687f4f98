"""The project package: it makes the app folders beside it importable as its own.

The folder ``numbers`` cannot be a top-level package, because it would shadow the
standard library's. It, ``apps``, ``rtm`` and ``sharing`` therefore have no
``__init__.py`` and are imported as ``imiconnect.numbers`` and so on.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

#: The directory that holds the app folders, ``templates`` and ``static``.
ROOT = _PACKAGE if (_PACKAGE / "numbers").is_dir() else _PACKAGE.parent

# Assigned, not appended: an app folder offered twice is refused by Django, and the
# root is added in a checkout only, since in an installed wheel it is site-packages.
__path__ = [str(_PACKAGE)]
if ROOT != _PACKAGE:
    __path__.append(str(ROOT))
