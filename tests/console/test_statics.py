"""Addresses of static files are those of the manifest, however often they are asked for."""

import json
from pathlib import Path

import pytest

from imiconnect.console.statics import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    manifest = {"version": "1.1", "paths": {"a.css": "a.1f.css", "b.css": "b.2e.css"}}
    (tmp_path / "staticfiles.json").write_text(json.dumps(manifest))
    return Storage(location=str(tmp_path), base_url="/static/")


def test_each_file_keeps_its_own_address(storage: Storage) -> None:
    asked = [storage.url(name) for name in ("a.css", "b.css", "a.css")]
    assert asked == ["/static/a.1f.css", "/static/b.2e.css", "/static/a.1f.css"]


def test_a_file_that_is_not_there_is_refused_each_time(storage: Storage) -> None:
    for _time in range(2):
        with pytest.raises(ValueError, match=r"c\.css"):
            storage.url("c.css")
