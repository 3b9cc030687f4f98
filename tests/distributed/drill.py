"""Backup and restore of the distributed platform, past the pooler."""

import time
from pathlib import Path

import psycopg

from tests.distributed.cluster import Cluster

_NAME = "drill"
_COUNTS = "SELECT state, count(*) FROM rtm_message GROUP BY state ORDER BY state"


def drill(cluster: Cluster, folder: Path) -> str:
    """Back up while the platform runs, restore elsewhere, compare; return what was done.

    Raises ``AssertionError`` when a command fails or messages are missing.
    """
    url = cluster.settings()["DATABASE_URL"]
    target = f"{url.rsplit('/', 1)[0]}/{_NAME}"
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(b"CREATE DATABASE " + _NAME.encode())
    began = time.monotonic()
    cluster.run("backup", str(folder))
    backed_up = time.monotonic()
    elsewhere = {"DATABASE_URL": target, "DATABASE_DIRECT_URL": ""}
    cluster.run("restore", str(folder), **elsewhere)
    cluster.run("check_messages", **elsewhere)
    restored = time.monotonic()
    with psycopg.connect(url) as one, psycopg.connect(target) as other:
        expected = one.execute(_COUNTS).fetchall()
        found = other.execute(_COUNTS).fetchall()
        version = one.info.server_version // 10_000
    assert found == expected, f"{found} in place of {expected}"
    return (
        f"Backup of PostgreSQL {version} in {backed_up - began:.1f} s, restored and checked in "
        f"{restored - backed_up:.1f} s: {sum(count for _, count in found)} messages"
    )
