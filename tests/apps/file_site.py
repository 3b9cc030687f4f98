"""A customer's web server with files, for providers that want them and not their addresses."""

import http.server
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PIL import Image

from tests.serving import in_thread


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(out, "PNG")
    return out.getvalue()


PNG = _picture()


@contextmanager
def file_site(files: Mapping[str, tuple[str, bytes]]) -> Iterator[str]:
    """Serve files by path, with their types; ``/away`` answers 503, what is unknown 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = files.get(self.path, ("text/plain", b"none"))
            status = 503 if self.path == "/away" else 200 if self.path in files else 404
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with in_thread(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield address
