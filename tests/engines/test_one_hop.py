"""Django behind ASGI with one thread for a whole request."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from imiconnect.engines import one_hop
from imiconnect.engines.one_hop import OneHopHandler
from tests.waiting import PATIENCE

pytestmark = pytest.mark.urls(__name__)

_closed: list[str] = []


def _page(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(request.body + request.GET.get("name", "").encode(), status=201)
    answer.set_cookie("first", "1")
    answer.set_cookie("second", "2")
    answer["X-Thread"] = threading.current_thread().name
    return answer


def _length(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.META.get("CONTENT_LENGTH", ""))


def _broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


def _loops(request: HttpRequest) -> HttpResponse:
    async def ask() -> str:
        return "asked"

    return HttpResponse(async_to_sync(ask)())


async def _asynchronous(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("awaited")


def _stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        try:
            for number in range(int(request.GET["parts"])):
                yield f"{number},"
        finally:
            _closed.append("stream")

    return StreamingHttpResponse(parts())


async def _async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            await asyncio.sleep(0)
            yield f"{number},"

    return StreamingHttpResponse(parts())


def _endless(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 300_000
        finally:
            _closed.append("endless")

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("page", _page),
    path("length", _length),
    path("broken", _broken),
    path("loops", _loops),
    path("asynchronous", _asynchronous),
    path("stream", _stream),
    path("async-stream", _async_stream),
    path("endless", _endless),
]


@pytest.fixture(autouse=True)
def plain_chain(settings: Any) -> None:
    """Keep the middleware that needs no database."""
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    _closed.clear()


def _request(
    path: str, query: str = "", method: str = "GET", length: str = ""
) -> ApplicationCommunicator:
    declared = [(b"content-length", length.encode())] if length else []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *declared],
    }
    return ApplicationCommunicator(OneHopHandler(), scope)


async def _answer(talk: ApplicationCommunicator, *body: bytes) -> tuple[dict[str, Any], bytes]:
    parts = body or (b"",)
    for number, part in enumerate(parts, start=1):
        more = number < len(parts)
        await talk.send_input({"type": "http.request", "body": part, "more_body": more})
    start, content = await talk.receive_output(PATIENCE), b""
    while True:
        message = await talk.receive_output(PATIENCE)
        content += message.get("body", b"")
        if not message.get("more_body"):
            await talk.wait()
            return start, content


async def test_an_answer_keeps_status_body_and_every_cookie() -> None:
    talk = _request("/page", "name=b", method="POST")
    start, content = await _answer(talk, b"some ", b"more ")
    cookies = [value for name, value in start["headers"] if name == b"set-cookie"]
    assert (start["status"], content, len(cookies)) == (201, b"some more b", 2)


async def test_the_whole_request_runs_in_one_thread_of_the_pool() -> None:
    threads: list[str] = []

    def note(**_: Any) -> None:
        threads.append(threading.current_thread().name)

    request_started.connect(note)
    request_finished.connect(note)
    try:
        start, _ = await _answer(_request("/page"))
    finally:
        request_started.disconnect(note)
        request_finished.disconnect(note)
    in_view = dict(start["headers"])[b"x-thread"].decode()
    assert threads == [in_view, in_view]
    assert in_view.startswith("django")


@pytest.mark.parametrize(
    ("address", "content"), [("/loops", b"asked"), ("/asynchronous", b"awaited")]
)
async def test_asynchronous_code_runs_inside_it(address: str, content: bytes) -> None:
    assert (await _answer(_request(address)))[1] == content


async def test_an_unknown_page_is_404() -> None:
    start, _ = await _answer(_request("/nowhere"))
    assert start["status"] == 404


@pytest.mark.parametrize(
    ("address", "query", "content"),
    [
        ("/stream", "parts=3", b"0,1,2,"),
        ("/stream", "parts=0", b""),
        ("/async-stream", "", b"0,1,2,"),
    ],
)
async def test_streamed_answers_arrive_whole(address: str, query: str, content: bytes) -> None:
    start, received = await _answer(_request(address, query))
    assert (start["status"], received) == (200, content)


async def test_a_streamed_answer_is_closed_at_its_end() -> None:
    await _answer(_request("/stream", "parts=2"))
    assert _closed == ["stream"]


async def test_an_endless_answer_ends_when_the_client_goes() -> None:
    talk = _request("/endless")
    await talk.send_input({"type": "http.request"})
    assert (await talk.receive_output(PATIENCE))["status"] == 200
    await talk.receive_output(PATIENCE)
    await talk.send_input({"type": "http.disconnect"})
    await talk.wait(PATIENCE)
    assert _closed == ["endless"]


async def test_a_client_that_goes_before_its_body_is_through_costs_nothing() -> None:
    talk = _request("/page", method="POST")
    await talk.send_input({"type": "http.request", "body": b"half", "more_body": True})
    await talk.send_input({"type": "http.disconnect"})
    await talk.wait(PATIENCE)
    assert await talk.receive_nothing()


async def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    talk = _request("/page", method="POST", length=str(one_hop.MAX_BODY + 1))
    assert (await talk.receive_output(PATIENCE))["status"] == 413


async def test_a_body_in_chunks_is_cut_off_where_it_is_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(one_hop, "MAX_BODY", 10)
    talk = _request("/page", method="POST")
    start, content = await _answer(talk, b"x" * 6, b"x" * 6, b"never read")
    assert (start["status"], content) == (413, b"The request is too long.")
    start, content = await _answer(_request("/page", method="POST"), b"x" * 6, b"x" * 4)
    assert (start["status"], content) == (201, b"x" * 10)


async def test_a_view_knows_the_length_of_a_body_in_chunks() -> None:
    assert (await _answer(_request("/length", method="POST"), b"four", b"five"))[1] == b"8"


async def test_a_broken_view_is_a_500_and_no_crash() -> None:
    start, _ = await _answer(_request("/broken"))
    assert start["status"] == 500
