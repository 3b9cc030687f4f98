"""The main job, once, against a running platform: from sign-in to the customer's callback.

Usage: ``main_job.py DEMO_JSON``. The platform runs with ``ALLOW_PRIVATE_CALLBACKS=1``, since
the callbacks come to a server of this script. Exits with 1 and a sentence at the first step
that does not work.
"""

import json
import queue
import re
import sys
import threading
import time
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import paho.mqtt.client as mqtt

_SECONDS = 20
_RTMS = "/rtmsAPI/api/v3"


class Failed(Exception):
    """A step of the main job did not work; the text says which."""


def check(condition: object, sentence: str) -> None:
    """Raise ``Failed`` with the sentence unless the condition holds."""
    if not condition:
        raise Failed(sentence)


class Callbacks:
    """The customer's server: keeps the body of every POST it gets."""

    def __init__(self) -> None:
        """Listen on a free port of the loopback address."""
        self.bodies: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.bodies.append(json.loads(body or b"{}"))
                self.send_response(200)
                self.end_headers()

            def do_HEAD(self) -> None:
                self.send_response(200)
                self.end_headers()

            do_GET = do_HEAD

            def log_message(self, *_: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/receipts"

    def codes(self, transid: str) -> set[str]:
        """Return the receipt codes that have come for one message."""
        notices = [body.get("deliveryInfoNotification", {}) for body in self.bodies]
        mine = [notice for notice in notices if notice.get("transid") == transid]
        return {str(notice["deliveryInfo"]["code"]) for notice in mine}


class Job:
    """The steps, in their order."""

    def __init__(self, demo: dict[str, Any]) -> None:
        """Take the demo organization's addresses and keys."""
        self.demo = demo
        self.web = httpx.Client(base_url=demo["url"], timeout=_SECONDS)
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.callbacks = Callbacks()

    def sign_in(self) -> None:
        """An administrator signs in and sees the console."""
        account = next(row for row in self.demo["accounts"] if row["role"].lower() == "admin")
        page = self.web.get("/", follow_redirects=True)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        check(token, f"The sign-in page has no form: {page.status_code} at {page.url}.")
        answer = self.web.post(
            str(page.url),
            data={
                "login": account["email"],
                "password": account["password"],
                "csrfmiddlewaretoken": token[1] if token else "",
            },
            headers={"Referer": str(page.url)},
        )
        check(answer.status_code == 302, f"Signing in answered {answer.status_code}.")
        check(self.web.get("/").status_code == 200, "The dashboard does not open.")

    def register(self) -> None:
        """A device registers with the app's client key."""
        answer = self.web.post(
            f"{_RTMS}/{self.demo['app_id']}/register",
            headers={"secretKey": self.demo["client_key"]},
            json={"userId": "smoke", "deviceId": "smoke-1", "channelType": "web"},
        )
        self.device = answer.json()
        check(self.device.get("code") == "0", f"register answered {answer.text[:300]}.")

    def connect(self) -> None:
        """The device connects over MQTT on the web port and reads its topic."""
        app_id = self.demo["app_id"]
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"{app_id}/smoke/smoke-1",
            clean_session=False,
            protocol=mqtt.MQTTv311,
            transport="websockets",
        )
        client.ws_set_options(path="/mqtt")
        client.username_pw_set(f"{app_id}/smoke", self.device["accessToken"])
        client.on_message = lambda _c, _u, message: self.messages.put(
            json.loads(message.payload)
        )
        subscribed = threading.Event()
        client.on_connect = lambda c, *_: c.subscribe(f"{app_id}/smoke", qos=1)
        client.on_subscribe = lambda *_: subscribed.set()
        address = urlsplit(self.demo["url"])
        client.connect(address.hostname or "127.0.0.1", address.port or 80)
        client.loop_start()
        self.client = client
        check(subscribed.wait(_SECONDS), "The device was not let in, or could not subscribe.")

    def send(self) -> None:
        """A message is sent through the service and reaches the device."""
        text = f"Hello {uuid.uuid4().hex[:8]}"
        answer = self.web.post(
            "/resources/v1/messaging",
            headers={"key": self.demo["service_key"]},
            json={
                "appid": self.demo["app_id"],
                "deliverychannel": "appmessaging",
                "destination": [{"userid": ["smoke"], "correlationid": "smoke-1"}],
                "channels": {"appmessaging": {"message": {"text": text}}},
                "notifyurl": self.callbacks.url,
            },
        )
        check(answer.status_code in (200, 202), f"Sending answered {answer.text[:300]}.")
        self.transid = _find(answer.json(), "transid")
        check(self.transid, f"The answer has no transid: {answer.text[:300]}.")
        message = self.messages.get(timeout=_SECONDS)
        check(text in json.dumps(message), f"The device got something else: {message}.")
        self.tid = message["tid"]

    def receipts(self) -> None:
        """The device says that it has the message, and that it was read."""
        for status in ({"status": 2, "tid": self.tid}, {"status": 3, "tids": [self.tid]}):
            answer = self.web.post(
                f"{_RTMS}/{self.demo['app_id']}/deliveryupdate",
                headers={
                    "secretKey": self.demo["client_key"],
                    "accessToken": self.device["accessToken"],
                },
                json={"channel": "rt", "clientId": self.device["clientId"], **status},
            )
            check(answer.status_code == 200, f"A receipt answered {answer.text[:300]}.")

    def see_callbacks(self) -> None:
        """The customer's server is told: submitted, delivered, read."""
        wanted = {"7501", "7500", "7502"}
        deadline = time.monotonic() + _SECONDS
        while not wanted <= self.callbacks.codes(self.transid):
            came = sorted(self.callbacks.codes(self.transid))
            check(time.monotonic() < deadline, f"Of the callbacks only {came} have come.")
            time.sleep(0.1)

    def see_log(self) -> None:
        """The log tells that the message was read."""
        answer = self.web.get(
            f"/resources/v1/messaging/status/{self.transid}",
            headers={"key": self.demo["service_key"]},
        )
        check("read" in answer.text.lower(), f"The log says {answer.text[:300]}.")

    def close(self) -> None:
        """Disconnect the device."""
        self.client.disconnect()
        self.client.loop_stop()


def _find(answer: Any, name: str) -> str:
    """Return the first value of the name anywhere in a JSON answer."""
    if isinstance(answer, dict):
        if answer.get(name):
            return str(answer[name])
        return next(filter(None, (_find(value, name) for value in answer.values())), "")
    if isinstance(answer, list):
        return next(filter(None, (_find(value, name) for value in answer)), "")
    return ""


def main() -> int:
    """Run the steps and print each."""
    job = Job(json.loads(Path(sys.argv[1]).read_text()))
    steps: list[Callable[[], None]] = [
        job.sign_in,
        job.register,
        job.connect,
        job.send,
        job.receipts,
        job.see_callbacks,
        job.see_log,
        job.close,
    ]
    for step in steps:
        try:
            step()
        except (Failed, httpx.HTTPError, OSError, KeyError, queue.Empty) as error:
            sys.stderr.write(f"{step.__name__} failed: {error or type(error).__name__}\n")
            return 1
        sys.stdout.write(f"{(step.__doc__ or '').strip()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
