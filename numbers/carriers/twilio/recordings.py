"""Recordings of calls at Twilio: read as MP3, and deleted (the Recordings resource)."""

import requests
from twilio.base.exceptions import TwilioException

from imiconnect.numbers.carriers import voice
from imiconnect.numbers.carriers.base import Account, CarrierMisconfigured
from imiconnect.numbers.carriers.twilio.http import TIMEOUT, client_of, told

_TWILIO = "https://api.twilio.com"
_CHUNK = 65_536


def fetch(account: Account, sid: str) -> voice.Sound:
    """Return a recording; raises ``RecordingError``.

    Not by the library, which reads every answer as text. No redirect is followed, so that the
    credentials go nowhere else.
    """
    path = f"/2010-04-01/Accounts/{account.account}/Recordings/{sid}.mp3"
    url = f"{account.base_url.rstrip('/') or _TWILIO}{path}"
    token = (account.secret.split() or [""])[0]
    try:
        with requests.get(
            url,
            auth=(account.account, token),
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,
        ) as answer:
            if answer.status_code != 200:
                gone = answer.status_code in (404, 410)
                raise voice.RecordingError(f"status {answer.status_code}", is_gone=gone)
            data = b""
            for chunk in answer.iter_content(_CHUNK):
                data += chunk
                if len(data) > voice.MAX_SOUND:
                    raise voice.RecordingError("larger than is kept", is_gone=True)
    except requests.RequestException as error:
        raise voice.RecordingError(type(error).__name__) from error
    return voice.Sound(data, answer.headers.get("Content-Type", "audio/mpeg"))


def delete(account: Account, sid: str) -> None:
    """Delete a recording; one that is gone is no error. Raises ``RecordingError``."""
    try:
        client_of(account).recordings(sid).delete()
    except (TwilioException, requests.RequestException, CarrierMisconfigured) as error:
        status, code = told(error)
        if status != 404:
            text = str(code or status or type(error).__name__)
            raise voice.RecordingError(text) from error
