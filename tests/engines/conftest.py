"""One real platform for all tests that hurt it: a start takes a minute of a processor."""

from collections.abc import Iterator

import pytest

from tests.running import Started


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A platform with the demo, in a folder whose name trips careless quoting.

    The last test that uses it stops it.
    """
    folder = tmp_path_factory.mktemp("with space") / "data #1; 100%s"
    platform = Started(folder, demo=True)
    try:
        platform.wait_until_ready()
        yield platform
    finally:
        platform.close()
