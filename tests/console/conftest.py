"""The gallery: pages of the tests that use every part of the console."""

from typing import Any

import pytest

from imiconnect import ROOT
from tests.console import gallery


@pytest.fixture(autouse=True)
def gallery_urls(settings: Any) -> None:
    """Serve the gallery beside the console."""
    engine = settings.TEMPLATES[0]
    folder = ROOT / "tests" / "console" / "templates"
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]}]
    settings.ROOT_URLCONF = gallery
    gallery.CALLS.clear()
