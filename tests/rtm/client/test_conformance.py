"""The conformance script against this server, and against what is none."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from imiconnect.apps.models import App
from imiconnect.rtm.client.conformance import RULES, WITH_SERVICE, Server, run
from imiconnect.rtm.processors import dr, mo, mt, owed, retry
from tests.rtm.client.conftest import Loop
from tests.rtm.conftest import CLIENT_KEY, SERVICE_KEY
from tests.rtm.connect.brokers import ASKED


@pytest.fixture
def processors(uplink: Any) -> Iterator[None]:
    """Every processor, turn by turn in a thread."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            for processor in (retry, mt, dr, mo, owed):
                processor.process_due()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


@ASKED
def test_this_server_keeps_the_protocol(
    site: str, asked: None, rtm_app: App, processors: None, loop: Loop
) -> None:
    App.objects.update(policy=rtm_app.policy | {"client_key_as_password": False})
    server = Server(site, rtm_app.app_id, CLIENT_KEY, SERVICE_KEY)
    said: list[str] = []
    broken = loop.run(run(server, said.append), 120)
    assert broken == 0, "".join(said)
    assert len(said) == len(RULES) + len(WITH_SERVICE)


def test_what_is_no_server_is_told_in_a_line_for_each_rule(loop: Loop) -> None:
    said: list[str] = []
    broken = loop.run(run(Server("http://127.0.0.1:9", "NB12345678", "k"), said.append), 60)
    assert broken == len(RULES) == len(said)
    assert all(line.startswith("BROKEN") for line in said)
