"""The files in deploy/: the programs that read them accept them, and they fit the code."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import nkeys
import pytest
import yaml

from imiconnect import ROOT
from imiconnect.engines.processes import QUEUES, processes
from imiconnect.engines.programs import nats_program
from imiconnect.environment import read_environment
from imiconnect.rtm.protocol.topics import SHARDS
from tests.certificates import make_certificates

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose" / "compose.yaml").read_text())
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def commands(kind: str) -> list[str]:
    """Return what every process of a deployment runs."""
    if kind == "compose":
        found = [str(service.get("command", "")) for service in COMPOSE["services"].values()]
    else:
        found = [re.findall(r"^ExecStart=(.*)$", u.read_text(), re.M)[0] for u in UNITS]
    return found


@pytest.mark.parametrize("kind", ["compose", "systemd"])
def test_every_queue_has_a_worker(kind: str) -> None:
    named = [
        queue
        for command in commands(kind)
        for queues in re.findall(r"--queues=(\S+)", command)
        for queue in queues.split(",")
    ]
    assert set(named) == set(QUEUES)


def names(kind: str) -> set[str]:
    """Return what the processes of a deployment are called, without numbers."""
    if kind == "compose":
        return {re.sub(r"^worker-|-\d+$", "", name) for name in COMPOSE["services"]}
    return {unit.stem.removeprefix("imiconnect-").rstrip("@") for unit in UNITS}


@pytest.mark.parametrize("kind", ["compose", "systemd"])
def test_every_process_is_in_both_deployments(kind: str) -> None:
    asked = {"RTM_AUTH_CALLOUT_URL": "nats://callout@127.0.0.1:1"}
    environment = read_environment().model_copy(update=asked)
    assert {program.name for program in processes(environment)} <= names(kind)


@pytest.mark.parametrize("kind", ["compose", "systemd"])
def test_the_process_of_the_smpp_links_runs_once(kind: str) -> None:
    assert len([command for command in commands(kind) if "manage.py smpp" in command]) == 1


def test_the_listeners_read_every_shard_once() -> None:
    read = [
        number
        for command in commands("compose")
        for first, last in re.findall(r"--shards (\d+)-(\d+)", command)
        for number in range(int(first), int(last) + 1)
    ]
    assert sorted(read) == list(range(SHARDS))


def test_each_process_of_compose_is_there_twice() -> None:
    names = set(COMPOSE["services"])
    twice = (
        "web",
        "worker-gateway",
        "worker-receipts",
        "worker-outbound",
        "uplink",
        "authcallout",
        "beat",
    )
    assert {f"{name}-{number}" for name in twice for number in (1, 2)} <= names
    published = [port for s in COMPOSE["services"].values() for port in s.get("ports", [])]
    assert sorted(published) == ["443:443", "80:80", "8883:8883", "8884:8884"]


def test_nats_accepts_its_configuration(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    text = (ROOT / "deploy" / "compose" / "nats.conf").read_text()
    (tmp_path / "nats.conf").write_text(text.replace("/tls/", f"{tmp_path}/"))
    seed = nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_ACCOUNT)
    names = set(re.findall(r"\$(NATS_\w+)", text))
    values = dict.fromkeys(names, "a-password-of-the-test")
    values["NATS_ISSUER"] = nkeys.from_seed(seed).public_key.decode()
    told = subprocess.run(
        [str(nats_program()), "-c", str(tmp_path / "nats.conf"), "-t"],
        env={**os.environ, **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


def test_haproxy_accepts_its_configuration(tmp_path: Path) -> None:
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        pytest.skip("HAProxy is not installed: apt-get install haproxy")
    make_certificates(tmp_path)
    text = (ROOT / "deploy" / "compose" / "haproxy.cfg").read_text()
    (tmp_path / "haproxy.cfg").write_text(text.replace("/tls/", f"{tmp_path}/"))
    told = subprocess.run(
        [program, "-c", "-f", str(tmp_path / "haproxy.cfg")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_knows_every_setting_of_the_units() -> None:
    told = subprocess.run(
        ["systemd-analyze", "verify", *map(str, UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [
        line for line in told.stderr.splitlines() if "Unknown" in line or "nvalid" in line
    ]
    assert faults == []
