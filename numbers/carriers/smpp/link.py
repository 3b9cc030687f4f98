"""The connection to one centre: bind, send within the window, listen, come back when it dies.

One thread does it all, so that nothing is shared; PostgreSQL is asked between the readings of
the socket. A centre is answered only once what it said is committed.
"""

import datetime as dt
import logging
import random
import select
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from smpplib import consts, exceptions, smpp
from smpplib.client import Client

from imiconnect.identity import uuid7
from imiconnect.numbers.carriers.smpp import pdus, statuses, store
from imiconnect.numbers.carriers.smpp.options import Centre

log = logging.getLogger(__name__)
#: Its debug log has whole PDUs, passwords included.
logging.getLogger("imiconnect.smpp.wire").setLevel(logging.CRITICAL)

#: Seconds: for connecting and binding; for a PDU that has begun to arrive.
_TIMEOUT = 10
#: Parts claimed at once, and PDUs read before what they say is committed.
_CLAIM, _READ = 200, 200
#: Seconds between two looks for parts, signs of life, and sweeps.
_LOOK, _SAY, _SWEEP = 0.1, 3.0, 60.0
#: Seconds before another try: to connect (doubled each time), after a refused bind, and for a
#: full centre (doubled while it stays full).
_AGAIN, _REFUSED, _FULL = (1.0, 60.0), 300.0, (1.0, 30.0)
_ERRORS = (exceptions.ConnectionError, exceptions.PDUError, exceptions.UnknownCommandError,
           OSError, DatabaseError)  # fmt: skip


#: What answers a PDU of ours by its sequence number.
_ANSWERS = ("submit_sm_resp", "generic_nack", "enquire_link_resp")


class RefusedBind(Exception):
    """The centre does not know us, or our password is wrong."""


class _Connection(Client):
    """The library's client, over IPv4 or IPv6, with the certificate's name checked."""

    def __init__(self, centre: Centre) -> None:
        super().__init__(
            centre.host,
            centre.port,
            timeout=_TIMEOUT,
            logger_name="imiconnect.smpp.wire",
            allow_unknown_opt_params=True,
        )
        self._centre = centre

    def connect(self) -> None:
        """Connect, and shake hands where the centre has TLS."""
        raw = socket.create_connection((self.host, self.port), _TIMEOUT)
        if self._centre.tls:
            context = ssl.create_default_context(cafile=self._centre.options.ca_file or None)
            raw = context.wrap_socket(raw, server_hostname=self.host)
        self._socket = raw
        self.state = consts.SMPP_CLIENT_STATE_OPEN

    def has_data(self, seconds: float) -> bool:
        """Tell whether something can be read, after waiting so long at most."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))


class Link(threading.Thread):
    """The thread of one account; ``stop`` ends it after it has unbound."""

    def __init__(self, centre: Centre, per_second: float | None) -> None:
        super().__init__(name=f"smpp-{centre.key}", daemon=True)
        self.centre, self.per_second = centre, per_second
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ask for the end."""
        self._stopping.set()

    def run(self) -> None:
        """Connect again and again, with growing pauses, until told to stop."""
        pause = _AGAIN[0]
        while not self._stopping.is_set():
            session = _Session(self.centre, self.per_second, self._stopping)
            try:
                session.run()
                pause = _AGAIN[0]
            except RefusedBind as error:
                log.error("Centre %s refuses the bind: %s", self.centre.key, error)
                pause = _REFUSED
                self._say(str(error))
            except _ERRORS as error:
                if session.was_bound:
                    pause = _AGAIN[0]
                log.warning("Link %s broke: %s", self.centre.key, error or type(error).__name__)
                self._say(str(error) or type(error).__name__)
            self._stopping.wait(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
            pause = min(pause * 2, max(_AGAIN[1], _REFUSED if pause == _REFUSED else 0))
        connection.close()

    def _say(self, error: str) -> None:
        close_old_connections()
        try:
            store.say(self.centre.key, is_bound=False, error=error)
        except DatabaseError:
            log.warning("The state of link %s could not be written", self.centre.key)


class _Session:
    """One connection, from its bind to its end."""

    def __init__(
        self, centre: Centre, per_second: float | None, stopping: threading.Event
    ) -> None:
        self.was_bound = False
        self._id = uuid7()
        #: Since when texts came in of which the centre has not shown that it got our answer.
        self._unproved: dt.datetime | None = None
        #: When the newest of them was answered.
        self._last_in: dt.datetime | None = None
        #: When the PDU went out that it answered last: it got all that we sent before.
        self._proved: dt.datetime | None = None
        self._centre, self._options, self._stopping = centre, centre.options, stopping
        self._gap = 1 / per_second if per_second else 0.0
        self._client = _Connection(centre)
        self._queue: deque[store.Due] = deque()
        #: By sequence number: the part, and when it was sent.
        self._open: dict[int, tuple[int, float]] = {}
        self._sent_at: dict[int, dt.datetime] = {}
        now = time.monotonic()
        self._looked = self._said = self._swept = now - _SWEEP
        self._heard = self._enquired = self._next = now
        self._full = _FULL[0]

    def run(self) -> None:
        """Bind and work until the connection dies or the end is asked for."""
        self._client.connect()
        try:
            self._bind()
            while not self._stopping.is_set():
                self._work()
            self._drain()
            store.say(self._centre.key, is_bound=False)
            self._client.unbind()
        finally:
            self._give_back()
            self._client.state = consts.SMPP_CLIENT_STATE_OPEN
            self._client.disconnect()

    def _bind(self) -> None:
        try:
            self._client.bind_transceiver(
                system_id=self._centre.system_id,
                password=self._centre.password,
                system_type=self._options.system_type,
                addr_ton=0,
                addr_npi=0,
                address_range=self._options.address_range,
            )
        except exceptions.PDUError as error:
            if len(error.args) > 1 and error.args[1] in statuses.BAD_BIND:
                raise RefusedBind(error.args[0]) from error
            raise
        self.was_bound = True
        store.say(self._centre.key, is_bound=True)

    def _work(self) -> None:
        self._send()
        self._listen(0.02 if self._open or self._queue else _LOOK)
        self._keep_alive()
        if self._unproved and self._proved and self._proved > self._unproved:
            store.forget_answered(self._centre.key, self._id, self._proved)
            last = self._last_in
            self._unproved = last if last and last > self._proved else None

    def _drain(self) -> None:
        """Wait for the answers to what is under way, a moment."""
        until = time.monotonic() + 5
        while self._open and time.monotonic() < until:
            self._listen(0.1)

    def _send(self) -> None:
        now = time.monotonic()
        if not self._queue and now - self._looked >= _LOOK:
            self._looked = now
            self._queue.extend(store.claim(self._centre.key, _CLAIM))
        while self._queue and len(self._open) < self._options.window:
            if self._next > time.monotonic():
                return
            self._next = max(self._next + self._gap, time.monotonic())
            self._submit(self._queue.popleft())

    def _submit(self, due: store.Due) -> None:
        seconds = int((due.expires_at - timezone.now()).total_seconds())
        fields = pdus.submit(due.content, seconds, self._options)
        pdu = smpp.make_pdu("submit_sm", client=self._client, **fields)
        self._open[pdu.sequence] = (due.pk, time.monotonic())
        self._sent_at[pdu.sequence] = timezone.now()
        self._client.send_pdu(pdu)

    def _listen(self, seconds: float) -> None:
        """Read what there is, commit what it says, then answer it."""
        answers: list[Any] = []
        delivered: list[Any] = []
        try:
            self._read(seconds, answers, delivered)
        finally:
            # What was read before the connection died is true all the same.
            if answers or delivered:
                self._learn(answers, delivered)
        for pdu in delivered:
            self._reply("deliver_sm_resp", pdu)
        if delivered:
            self._last_in = timezone.now()
            self._unproved = self._unproved or self._last_in

    def _read(self, seconds: float, answers: list[Any], delivered: list[Any]) -> None:
        """Put into the lists what comes, after waiting for the first so long at most."""
        wait = seconds
        for _turn in range(_READ):
            if not self._client.has_data(wait):
                return
            wait = 0
            pdu = self._client.read_pdu()
            self._heard = time.monotonic()
            if pdu.command in _ANSWERS:
                self._proved = self._sent_at.pop(pdu.sequence, self._proved)
                answers.append(pdu)
            elif pdu.command == "deliver_sm":
                delivered.append(pdu)
            elif pdu.command == "enquire_link":
                self._reply("enquire_link_resp", pdu)
            elif pdu.command == "unbind":
                self._reply("unbind_resp", pdu)
                raise exceptions.ConnectionError("the centre has unbound")

    def _learn(self, answers: list[Any], delivered: list[Any]) -> None:
        """Commit what was read; until then the parts that it answers count as unanswered."""
        told = [answer for pdu in answers for answer in self._answer(pdu)]
        said = [pdus.delivered(pdu, self._options) for pdu in delivered]
        news = [item for item in said if item is not None]
        if told or news:
            store.learn(self._centre.key, told, news, dict(self._options.errors), self._id)
        for pdu in answers:
            self._open.pop(pdu.sequence, None)

    def _answer(self, pdu: Any) -> list[store.Answer]:
        known = self._open.get(pdu.sequence)
        if known is None:  # the answer to an enquire_link, or to nothing of ours
            return []
        if pdu.status in statuses.FULL:
            self._next = time.monotonic() + self._full
            self._full = min(self._full * 2, _FULL[1])
        elif pdu.status == statuses.OK:
            self._full = _FULL[0]
        status = pdu.status or (statuses.OK if pdu.command == "submit_sm_resp" else 0x08)
        name = getattr(pdu, "message_id", None) or b""
        text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        provider_id = pdus.canonical(text.rstrip("\x00"), self._options, is_receipt=False)
        return [store.Answer(known[0], status, provider_id)]

    def _reply(self, command: str, pdu: Any) -> None:
        reply = smpp.make_pdu(command, client=self._client)
        reply.sequence = pdu.sequence
        self._client.send_pdu(reply)

    def _keep_alive(self) -> None:
        now = time.monotonic()
        oldest = min((sent for _pk, sent in self._open.values()), default=now)
        if now - oldest > self._options.answer_seconds:
            raise exceptions.ConnectionError("the centre does not answer a submit_sm")
        if now - max(self._heard, self._enquired) > self._options.enquire_seconds:
            if self._heard < self._enquired:
                raise exceptions.ConnectionError("the centre does not answer an enquire_link")
            self._enquired = now
            enquiry = smpp.make_pdu("enquire_link", client=self._client)
            self._sent_at[enquiry.sequence] = timezone.now()
            self._client.send_pdu(enquiry)
        if now - self._said >= _SAY:
            self._said = now
            store.say(self._centre.key, is_bound=True)
        if now - self._swept >= _SWEEP:
            self._swept = now
            store.sweep(self._centre.key)

    def _give_back(self) -> None:
        """Let go of what was claimed, so that the next connection need not wait for it."""
        pks = [due.pk for due in self._queue] + [pk for pk, _sent in self._open.values()]
        if pks:
            try:
                store.release(pks)
            except DatabaseError:
                log.warning("Parts of link %s stay claimed for a minute", self._centre.key)
