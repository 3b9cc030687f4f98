"""Texts and calls over Twilio: Messages, Calls, and the webhooks that tell of them.

Webhooks come to ``message-status``, ``sms``, ``call-status``, ``voice``, ``recorded`` and
``recording`` (the last two with a key) below the address of the account, form-encoded and
signed over the whole URL and the parameters (or the body).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from imiconnect.console.words import Words
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers import parallel, voice
from imiconnect.numbers.carriers.base import Account, CarrierMisconfigured
from imiconnect.numbers.carriers.twilio import codes, recordings
from imiconnect.numbers.carriers.twilio.http import client_of, told
from imiconnect.numbers.carriers.twilio.twiml import twiml

#: Seconds for which Twilio keeps a text that it cannot deliver (ValidityPeriod).
_VALID = (1, 14_400)
#: What Twilio is asked to tell of a call; unasked it tells of the end alone.
CALL_EVENTS = ["answered", "completed"]
_XML = "text/xml"
_FORM = "application/x-www-form-urlencoded"
#: Where the key of a recording, of the address, lies beside the parameters.
_KEY = "recording key"


class Messenger:
    """Our account there: ``account`` is its SID, ``secret`` the auth token.

    Where webhooks are signed with a shared key (HMAC-SHA256), that key follows the token in
    ``secret`` after a space.
    """

    slug = "twilio"
    name = _("Twilio")
    carries = frozenset({m.Carries.SMS, m.Carries.VOICE})
    twin = ""

    def __init__(self, account: Account) -> None:
        """Keep the account."""
        self._account = account

    def problems(self) -> list[Words]:
        """Return nothing: an account that only buys may wait for its SID as well."""
        return []

    def submit(self, batch: Sequence[m.OutgoingSms]) -> list[m.Submission]:
        """Create a message of each text; Twilio knows neither flash nor binary texts."""
        return self._each(batch, self._text)

    def call(self, batch: Sequence[voice.OutgoingCall]) -> list[m.Submission]:
        """Create a call of each."""
        return self._each(batch, self._call)

    def _each(
        self, batch: Sequence[Any], create: Callable[[Client, Any], m.Submission]
    ) -> list[m.Submission]:
        try:
            client = client_of(self._account, timeout=parallel.TIMEOUT)
        except CarrierMisconfigured as error:
            return [m.Declined(m.MISCONFIGURED, str(error)) for _item in batch]

        def ask(item: Any) -> m.Submission:
            try:
                return create(client, item)
            except (TwilioException, RequestException, OSError) as error:
                return _declined(error)

        return parallel.each(batch, ask)

    def _text(self, client: Client, sms: m.OutgoingSms) -> m.Submission:
        if not sms.text:
            return m.Declined(m.BINARY_ERROR, "no binary texts")
        message = client.messages.create(
            to=f"+{sms.to}",
            from_=_sender(sms.sender, sms.sender_kind),
            body=sms.text,
            validity_period=min(max(sms.valid_for, _VALID[0]), _VALID[1]),
            status_callback=f"{self._account.hooks_url}/message-status",
        )
        return m.Accepted(str(message.sid))

    def _call(self, client: Client, call: voice.OutgoingCall) -> m.Submission:
        made = client.calls.create(
            to=f"+{call.to}",
            from_=f"+{call.sender}",
            twiml=twiml(call.actions, self._account.hooks_url),
            timeout=call.ring_seconds,
            status_callback=f"{self._account.hooks_url}/call-status",
            status_callback_event=CALL_EVENTS,
        )
        return m.Accepted(str(made.sid))

    def verify(self, hook: m.Hook) -> bool:
        """Let the library check the signature; our public address may lack or have the port."""
        settings = hook.headers.get("x-twilio-webhooks-signature-settings")
        signature = hook.headers.get("x-twilio-signature", "")
        keys = self._account.secret.split()
        place = 1 if settings else 0
        if place >= len(keys) or not signature:
            return False
        algorithm = get_signature_algorithm(settings)
        is_form = hook.headers.get("content-type", "").startswith(_FORM)
        if not is_form and "bodySHA256=" not in hook.url:
            return False  # nothing would vouch for the body
        body = QueryDict(hook.body) if is_form else hook.body.decode(errors="replace")
        return bool(
            RequestValidator(keys[place]).validate(hook.url, body, signature, algorithm)
        )

    def parse(self, hook: m.Hook) -> m.HookAnswer:
        """Read a form by the address that it came to."""
        form = {
            name: values[-1]
            for name, values in parse_qs(hook.body.decode(), keep_blank_values=True).items()
        }
        path, _slash, key = hook.path.partition("/")
        reader = _READERS.get(path)
        if reader is None:
            raise m.UnreadableHook(hook.path)
        try:
            return reader(form | {_KEY: key})
        except (KeyError, ValueError) as error:
            raise m.UnreadableHook(str(error)) from error

    def script(self, actions: Sequence[voice.Action]) -> tuple[str, str]:
        """Write the actions in TwiML."""
        return twiml(actions, self._account.hooks_url), _XML

    def fetch_recording(self, provider_id: str) -> voice.Sound:
        """Read it as MP3, with the account's own credentials."""
        return recordings.fetch(self._account, provider_id)

    def delete_recording(self, provider_id: str) -> None:
        """Delete it there."""
        recordings.delete(self._account, provider_id)


def _sender(sender: str, kind: m.SenderKind) -> str:
    return f"+{sender}" if kind is m.SenderKind.PHONE_NUMBER else sender


def _declined(error: BaseException) -> m.Submission:
    status, code = told(error)
    detail = str(code or status or type(error).__name__)
    if _never_connected(error):
        return m.Declined(m.CARRIER_DOWN, detail)
    return m.Declined(codes.refused(status, code), detail)


def _never_connected(error: BaseException) -> bool:
    """Tell whether nothing of the request has left us, so that another carrier may have it."""
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, RequestException) and error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _text_status(form: dict[str, str]) -> m.HookAnswer:
    status = codes.TEXT_STATES.get(form["MessageStatus"])
    if status is None:
        return m.HookAnswer()
    code = int(form.get("ErrorCode") or 0)
    reason = None
    if status is m.Status.FAILED:
        reason = codes.REASONS.get(code, m.AT_OPERATOR)
        status = m.Status.UNDELIVERED if reason is m.EXPIRED else status
    receipt = m.Receipt(
        form["MessageSid"], status, reason, _done(form), str(code) if code else ""
    )
    return m.HookAnswer([receipt])


def _done(form: dict[str, str]) -> dt.datetime | None:
    """Return when the operator was done (``RawDlrDoneDate``, YYMMDDhhmm in UTC), if told."""
    try:
        done = dt.datetime.strptime(form.get("RawDlrDoneDate", ""), "%y%m%d%H%M")
    except ValueError:
        return None
    return done.replace(tzinfo=dt.UTC)


def _text_came(form: dict[str, str]) -> m.HookAnswer:
    sms = m.IncomingSms(
        form["MessageSid"], _bare(form["From"]), _bare(form["To"]), form.get("Body", "")
    )
    return m.HookAnswer([sms], "<Response/>", _XML)


def _call_status(form: dict[str, str]) -> m.HookAnswer:
    status = codes.CALL_STATES.get(form["CallStatus"])
    if status is None or not form.get("Direction", "outbound-api").startswith("outbound"):
        return m.HookAnswer()
    sip = form.get("SipResponseCode", "")
    if status in (m.Status.BUSY, m.Status.FAILED) and sip in codes.SIP_REJECTED:
        status = m.Status.REJECTED
    reason = codes.CALL_REASONS.get(status)
    receipt = m.Receipt(form["CallSid"], status, reason, None, sip, m.Carries.VOICE)
    return m.HookAnswer([receipt])


def _call_came(form: dict[str, str]) -> m.HookAnswer:
    call = m.IncomingCall(form["CallSid"], _bare(form["From"]), _bare(form["To"]))
    return m.HookAnswer(call=call)


def _recorded(form: dict[str, str]) -> m.HookAnswer:
    """Say that the call goes on: what follows a Record is asked of its ``action``."""
    if form.get("Digits") == "hangup":
        return m.HookAnswer((), "<Response/>", _XML)
    return m.HookAnswer(went_on=form[_KEY])


def _recording(form: dict[str, str]) -> m.HookAnswer:
    status = form["RecordingStatus"]
    if status == "in-progress":
        return m.HookAnswer()
    sid = form["RecordingSid"] if status == "completed" else ""
    seconds = int(form.get("RecordingDuration") or 0)
    begun = form.get("RecordingStartTime", "")
    at = parsedate_to_datetime(begun).astimezone(dt.UTC) if begun else None
    return m.HookAnswer([m.Recorded(form[_KEY], sid, seconds, at)])


def _bare(number: str) -> str:
    return number.removeprefix("+")


_READERS: dict[str, Callable[[dict[str, str]], m.HookAnswer]] = {
    "message-status": _text_status,
    "sms": _text_came,
    "call-status": _call_status,
    "voice": _call_came,
    "recorded": _recorded,
    "recording": _recording,
}
