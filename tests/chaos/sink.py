"""A customer's server: which outcomes it is told of each message, by webhook id."""

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: ``deliveryStatus`` of those receipts that end a message.
OUTCOMES = frozenset({"Delivered", "Failed", "Un-Delivered"})


class Sink:
    """Answers 200 to everything and keeps what it was told."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback address."""
        #: By tid: webhook id to outcome. A callback that comes twice has the same id.
        self.told: defaultdict[str, dict[str, str]] = defaultdict(dict)
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._ok()
                if body:
                    sink.take(self.headers.get("webhook-id", ""), json.loads(body))

            def do_HEAD(self) -> None:
                self._ok()

            def _ok(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/dr"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, webhook_id: str, body: dict[str, Any]) -> None:
        """Note an outcome."""
        info = body.get("deliveryInfoNotification", {}).get("deliveryInfo", {})
        status = info.get("deliveryStatus", "")
        if status in OUTCOMES:
            tid = info["additionalInfo"]["tid"]
            self.told[tid][webhook_id] = status

    def told_twice(self) -> list[str]:
        """Return the messages of which more than one outcome was told."""
        return [tid for tid, outcomes in list(self.told.items()) if len(outcomes) > 1]

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
