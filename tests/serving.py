"""Servers in a thread of the test's process: the whole ASGI application, and plain ones."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import HTTPServer
from typing import Any

import uvicorn

from tests.waiting import PATIENCE, wait_until

#: Seconds between two looks of a plain server at whether it shall stop: half a second unless
#: said, which the end of each of its tests would wait for.
_LOOK = 0.01


@contextlib.contextmanager
def serve(settings: Any) -> Iterator[str]:
    """Serve the application with the test's settings; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings.PUBLIC_URL = address
        settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
        from imiconnect.asgi import Router  # its import builds the middleware

        config = uvicorn.Config(Router(), log_level="warning", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            wait_until(lambda: server.started, "the server did not start")
            yield address
        finally:
            # Not forced: the shutdown gives the connections to PostgreSQL back.
            server.should_exit = True
            thread.join(PATIENCE)
        assert not thread.is_alive(), f"the server did not stop within {PATIENCE:.0f} seconds"


@contextlib.contextmanager
def in_thread(server: HTTPServer) -> Iterator[str]:
    """Let a plain server take requests; yield its address."""
    thread = threading.Thread(target=server.serve_forever, args=(_LOOK,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
