"""The embedded engines of the test run itself."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from imiconnect.engines.pytest_plugin import worker_redis_url
from tests.waiting import wait_until


def test_postgres_18_runs_the_tests_with_a_role_of_no_special_rights() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute(
            "select current_setting('server_version_num')::int / 10000, rolsuper"
            " from pg_roles where rolname = current_user"
        ).fetchone()
    assert row == (18, False)


def test_postgres_refuses_a_wrong_password() -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(os.environ["DATABASE_URL"], password="wrong")


def test_redis_refuses_a_stranger_and_keeps_an_append_only_file() -> None:
    url = os.environ["REDIS_URL"]
    with Redis.from_url(url) as redis:
        assert redis.config_get("appendonly") == {"appendonly": "yes"}
    with (
        Redis.from_url(url.replace("redis://:", "redis://:x")) as redis,
        pytest.raises(AuthenticationError),
    ):
        redis.ping()


def test_nats_refuses_a_stranger() -> None:
    parts = urlsplit(os.environ["RTM_AUTH_CALLOUT_URL"])
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b'CONNECT {"user":"callout","pass":"wrong","verbose":false}\r\n')
        answer = b""
        while b"-ERR" not in answer and (received := connection.recv(4096)):
            answer += received
    assert b"Authorization" in answer


def test_each_worker_has_a_redis_database_of_its_own() -> None:
    assert worker_redis_url("redis://:p@127.0.0.1:1/0", "gw0") == "redis://:p@127.0.0.1:1/2"
    assert worker_redis_url("redis://:p@127.0.0.1:1/0", "gw3") == "redis://:p@127.0.0.1:1/8"


def test_secrets_are_readable_by_their_owner_only() -> None:
    folder = Path(os.environ["DATA_DIR"])
    for name in (
        "engines.json",
        "engines/credentials.json",
        "engines/redis/redis.conf",
        "engines/nats/nats.json",
    ):
        assert (folder / name).stat().st_mode & 0o777 == 0o600, name


def test_a_dead_parent_takes_its_child_along(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from imiconnect.engines.program import Program, wrapped, write_programs\n"
        "path = Path(sys.argv[1])\n"
        "write_programs(path, [Program('sleep', 'Sleep', ('/bin/sleep', '60'))])\n"
        "child = subprocess.Popen(wrapped(path, 'sleep'), stdout=subprocess.DEVNULL)\n"
        "time.sleep(0.5); print(child.pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a b.json")],
        capture_output=True,
        text=True,
    )
    pid = int(done.stdout)
    wait_until(lambda: not _is_sleeping(pid), "the child outlives its parent")


def _is_sleeping(pid: int) -> bool:
    try:
        return b"60" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
