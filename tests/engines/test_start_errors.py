"""What keeps the platform from starting is told in one sentence that says what to do."""

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from imiconnect import ROOT
from imiconnect.engines import programs
from imiconnect.engines.checks import check_machine, lock_folder
from imiconnect.engines.embedded import embedded_engines
from imiconnect.engines.errors import StartError
from imiconnect.engines.folders import sentence_of
from imiconnect.engines.tcp import Ports

_SILENT = print


def test_a_busy_port_names_another_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=f"Port {port} is taken .* PORT={port + 1}"):
            check_machine(tmp_path, "127.0.0.1", port)


def test_a_foreign_address_names_the_usual_ones(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="192.0.2.1 is not one of this machine"):
        check_machine(tmp_path, "192.0.2.1", 8000)


def test_a_full_disk_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 99, 1))
    with pytest.raises(StartError, match="0 MB left, and 300 MB are needed. Free some space"):
        check_machine(tmp_path, "127.0.0.1", 0)


def test_a_write_on_a_full_disk_says_so(tmp_path: Path) -> None:
    sentence = sentence_of(OSError(errno.ENOSPC, "No space left on device"), tmp_path)
    assert "is full. Free some space" in sentence


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="cannot be used .* Set DATA_DIR to another folder"):
        embedded_engines(tmp_path / "file" / "data", {})


@pytest.mark.parametrize(
    ("find", "sentence"),
    [
        (programs.postgres_install, "PostgreSQL is missing: .* set DATABASE_URL"),
        (programs.redis_program, "Redis is missing. .* set REDIS_URL"),
        (programs.nats_program, "The NATS server is missing: .* set RTM_BROKER_URL"),
    ],
)
def test_a_missing_wheel_names_the_way_without_it(
    find: object, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "_package_folder", lambda name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match=sentence):
        find()  # type: ignore[operator]  # each is a function without arguments


def test_a_second_start_from_one_folder_is_refused(tmp_path: Path) -> None:
    with (
        lock_folder(tmp_path, _SILENT),
        pytest.raises(StartError, match="runs from .* already"),
    ):
        lock_folder(tmp_path, _SILENT)


def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    done = _up(tmp_path, PORT="eighty")
    assert done.returncode == 1
    assert "PORT is wrong" in done.stderr
    assert not (tmp_path / "engines.json").exists()


def test_an_external_engine_is_not_among_the_embedded(tmp_path: Path) -> None:
    embedded = embedded_engines(tmp_path, {"REDIS_URL": "redis://elsewhere/0"})
    assert [engine.name for engine in embedded.engines] == ["postgres", "nats"]
    assert "REDIS_URL" not in embedded.settings


def test_ports_are_kept_and_changed_only_when_taken(tmp_path: Path) -> None:
    port = Ports(tmp_path).choose("redis")
    assert Ports(tmp_path).choose("redis") == port
    with socket.create_server(("127.0.0.1", port)):
        assert Ports(tmp_path).choose("redis") != port


def _up(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
