"""The gallery: pages of the tests that use every part of the console."""

import pytest

from tests.console import gallery


@pytest.fixture(autouse=True)
def gallery_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve the gallery beside the console."""
    gallery.serve(monkeypatch)
