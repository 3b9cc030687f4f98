"""The client for customers' URLs, against a real server on loopback."""

import asyncio
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from imiconnect import outbound
from imiconnect.outbound import Answer, Outbound, OutboundError, probe
from tests.serving import in_thread


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hosts: list[str]

    def do_HEAD(self) -> None:
        self._answer(405 if self.path == "/post-only" else self._status())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.hosts.append(self.headers["Host"])
        self._answer(200 if self.path == "/post-only" else self._status())

    def _status(self) -> int:
        word = self.path.strip("/")
        return int(word) if word.isdigit() else 200

    def _answer(self, status: int) -> None:
        body = b"y" * 500_000 if self.path == "/big" else b"ok"
        self.send_response(status)
        self.send_header("Location", "/200")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Stay silent."""


@pytest.fixture
def hosts() -> list[str]:
    """The Host headers that the server got."""
    return []


@pytest.fixture
def port(hosts: list[str]) -> Iterator[int]:
    handler = type("Handler", (_Handler,), {"hosts": hosts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    with in_thread(server):
        yield server.server_port


@pytest.fixture
def private_allowed(settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = True


def post(url: str, timeout: float = 5) -> Answer:
    async def call() -> Answer:
        async with Outbound() as client:
            return await client.send("POST", url, body=b"{}", timeout=timeout)

    return asyncio.run(call())


def reason_of(url: str) -> str:
    with pytest.raises(OutboundError) as caught:
        post(url)
    return caught.value.reason


def answer_dns(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let each look-up return the next of ``answers``, the last one from then on."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "10.1.2.3", "169.254.169.254", "[::ffff:10.0.0.1]"],
)
def test_private_addresses_are_refused(host: str, settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    assert reason_of(f"https://{host}/") == "private_address"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1"])
def test_other_spellings_of_loopback_are_refused(host: str, settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    assert reason_of(f"https://{host}/") in {"private_address", "name_not_found", "bad_url"}


def test_one_private_address_among_public_ones_refuses_all(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    answer_dns(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    assert reason_of("https://customer.example/") == "private_address"


def test_a_name_is_resolved_once_and_its_checked_address_dialled(
    monkeypatch: pytest.MonkeyPatch, port: int, hosts: list[str], private_allowed: None
) -> None:
    answer_dns(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
    answer = post(f"http://customer.example:{port}/")
    assert answer.status == 200
    assert hosts == [f"customer.example:{port}"]


def test_plain_http_is_refused_where_private_hosts_are(settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    assert reason_of("http://customer.example/") == "plain_http"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x/",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "https://xn--/",
        "https://xn--a.example/",
        "https://[fe80::1%25lo]/",
        "https://127.0.0.1:65536/",
        "https://127.0.0.1:0/",
    ],
)
def test_what_is_no_web_address_is_refused(url: str, private_allowed: None) -> None:
    assert reason_of(url) == "bad_url"
    with pytest.raises(OutboundError) as caught:
        outbound.fetch(url, most=10)
    assert (caught.value.reason, caught.value.retryable) == ("bad_url", False)


def test_a_url_that_cannot_be_called_cannot_be_saved_anyway(private_allowed: None) -> None:
    found = probe("https://xn--/cb")
    assert (found.passed, found.may_save) == (False, False)


def test_a_redirect_is_returned_not_followed(
    port: int, hosts: list[str], private_allowed: None
) -> None:
    assert post(f"http://127.0.0.1:{port}/302").status == 302
    assert len(hosts) == 1


def test_only_the_beginning_of_an_answer_is_read(port: int, private_allowed: None) -> None:
    answer = post(f"http://127.0.0.1:{port}/big")
    assert answer.body == "y" * outbound.KEPT_ANSWER


def test_a_server_that_accepts_and_says_nothing_times_out(private_allowed: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(OutboundError) as caught:
            post(url, timeout=0.3)
    assert (caught.value.reason, caught.value.retryable) == ("timeout", True)


def test_a_certificate_that_nobody_signed_is_refused(port: int, private_allowed: None) -> None:
    assert reason_of(f"https://127.0.0.1:{port}/") in {"tls", "broken_off"}


def test_a_probe_passes_on_2xx(port: int, private_allowed: None) -> None:
    found = probe(f"http://127.0.0.1:{port}/204")
    assert found.passed
    assert "204" in str(found.words)


def test_a_probe_asks_by_post_where_head_is_not_known(port: int, private_allowed: None) -> None:
    assert probe(f"http://127.0.0.1:{port}/post-only").passed


def test_a_probe_says_what_came_back(port: int, private_allowed: None) -> None:
    found = probe(f"http://127.0.0.1:{port}/503")
    assert (found.passed, found.may_save) == (False, True)
    assert "503" in str(found.words)


def test_a_private_address_cannot_be_saved_anyway(settings: Any) -> None:
    settings.ALLOW_PRIVATE_CALLBACKS = False
    found = probe("https://10.0.0.1/")
    assert (found.passed, found.may_save) == (False, False)
