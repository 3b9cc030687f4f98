"""The files in deploy/: the programs that read them accept them, and they fit the code."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import nkeys
import pytest
import yaml
from celery.bin.celery import celery
from django.core.management import get_commands, load_command_class

from imiconnect import ROOT
from imiconnect.engines.processes import QUEUES, processes
from imiconnect.engines.programs import nats_program
from imiconnect.environment import Environment, read_environment
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


FOLDER = ROOT / "deploy" / "compose"
README = (ROOT / "deploy" / "README.md").read_text()
#: The names of the example of ``.env``.
EXAMPLE = set(re.findall(r"^([A-Z_]+)=", README, re.M))
#: Read by ``make run`` alone, whose processes a deployment starts itself.
NOT_SETTINGS = {"DEMO"}


def test_every_name_of_the_example_is_read_by_somebody() -> None:
    elsewhere = (FOLDER / "compose.yaml").read_text() + (FOLDER / "nats.conf").read_text()
    used = set(re.findall(r"\$\{?([A-Z_]+)", elsewhere)) - {"NAME", "SYS"}  # words of nats.conf
    assert EXAMPLE - set(Environment.model_fields) - used <= NOT_SETTINGS
    assert used <= EXAMPLE, "the example says how to set what the files ask for"


def test_the_example_has_what_the_platform_asks_for() -> None:
    needed = {name for name, field in Environment.model_fields.items() if field.is_required()}
    assert needed <= EXAMPLE


def test_the_parts_of_compose_fit_together() -> None:
    services, declared = COMPOSE["services"], set(COMPOSE["volumes"])
    for name, service in services.items():
        for before in service.get("depends_on", []):
            assert before in services, name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert source == "./tls" or (FOLDER / source).is_file(), name
            else:
                assert source in declared, name
        for file in [service["env_file"]] if "env_file" in service else []:
            assert file == ".env", name
    used = [v.split(":")[0] for s in services.values() for v in s.get("volumes", [])]
    assert declared <= set(used)


def test_what_the_proxy_leads_to_is_in_compose() -> None:
    text = (FOLDER / "haproxy.cfg").read_text()
    servers = dict(re.findall(r"^ +server \S+ (\S+):(\d+)", text, re.M))
    assert servers.keys() <= COMPOSE["services"].keys()
    web = [s["command"] for name, s in COMPOSE["services"].items() if name.startswith("web")]
    assert all(f"--port={servers['web-1']}" in command for command in web)
    listened = set(re.findall(r"^ +bind :(\d+)", text, re.M))
    assert listened == {port.split(":")[1] for port in COMPOSE["services"]["proxy"]["ports"]}


def test_the_addresses_of_the_example_are_services_of_compose() -> None:
    urls = re.findall(r"^(?:DATABASE|REDIS|CELERY|RTM)[A-Z_]*URL=(\S+)$", README, re.M)
    hosts = {host for url in urls for host in re.findall(r"(?:@|,|//)([\w.-]+):\d+", url)}
    own = {host.removesuffix(".connect.example.com") for host in hosts} - {
        "connect.example.com"
    }
    assert own <= COMPOSE["services"].keys()


@pytest.mark.parametrize("kind", ["compose", "systemd"])
def test_the_programs_take_what_the_deployments_tell_them(kind: str) -> None:
    """A misspelt option would end a process at its start, again and again."""
    told = [
        shlex.split(command.replace("%i", "1").replace("%%", "%")) for command in commands(kind)
    ]
    managed = [words[words.index("manage.py") + 1 :] for words in told if "manage.py" in words]
    assert {words[0] for words in managed} >= {"uplink", "authcallout", "smpp"}
    for name, *options in managed:
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(options)
    for words in told:
        if any(word.endswith("celery") for word in words):
            after = words[words.index("--app=imiconnect.celery:app") + 1 :]
            known = {option for p in celery_options(after[0]) for option in p}
            given = {word.partition("=")[0] for word in after[1:]}
            assert given <= known, words


def celery_options(name: str) -> list[list[str]]:
    """Return the options of a command of Celery."""
    return [parameter.opts for parameter in celery.commands[name].params]


def test_every_unit_stops_with_the_target() -> None:
    for unit in UNITS:
        text = unit.read_text()
        assert "PartOf=imiconnect.target" in text, unit.name
        assert "WantedBy=imiconnect.target" in text, unit.name
        (folder,) = re.findall(r"^WorkingDirectory=(.*)$", text, re.M)
        (program,) = re.findall(r"^ExecStart=(\S+)", text, re.M)
        assert program.startswith(f"{folder}/.venv/bin/"), unit.name


def test_the_image_is_made_by_targets_that_are_there() -> None:
    text = (FOLDER / "Dockerfile").read_text()
    targets = re.findall(r"^RUN make (.*)$", text, re.M)
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert all(f"\n{target}:" in makefile for target in targets)
