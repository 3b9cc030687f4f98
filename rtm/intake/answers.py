"""Answers of the hot routes, in the two documented shapes, with their codes.

``/resources`` answers ``{"response": [{"code", "description", ...}]}`` with the codes of
facts/imiconnect.md, section 13; ``/rtmsAPI`` answers ``{"code", "description", ...}`` with
those of section 18.5.
"""

from typing import Any
from uuid import UUID

import msgspec

from imiconnect.rtm.intake.http import Answer

_encode = msgspec.json.Encoder().encode

QUEUED = 1001
INVALID_JSON = 7000
NOT_AUTHENTICATED = 7001
KEY_MISSING = 7002
PARAMETER_MISSING = 7003
INVALID_PARAMETERS = 7004
INTERNAL = 7006
SERVICE_INACTIVE = 7007
TOO_MANY_DESTINATIONS = 7009
WRONG_SOURCE = 7010
APP_INVALID = 7018

#: HTTP status by code, where it is not 400.
_STATUS = {
    NOT_AUTHENTICATED: 401,
    KEY_MISSING: 401,
    SERVICE_INACTIVE: 403,
    WRONG_SOURCE: 403,
    APP_INVALID: 403,
    INTERNAL: 503,
}


class Refusal(Exception):
    """A request that is not accepted, with its documented code and a sentence."""

    def __init__(self, code: int, sentence: str, status: int = 0) -> None:
        """Take the HTTP status from the code unless another one is given."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status or _STATUS.get(code, 400)

    @property
    def answer(self) -> Answer:
        """The answer in the shape of ``/resources``."""
        entry = {"code": str(self.code), "description": self.sentence}
        return Answer(self.status, _encode({"response": [entry]}))


def queued(transid: UUID, correlation_ids: list[str]) -> Answer:
    """Return "accepted": one entry for each destination object, all of one transid."""
    entries = []
    for correlation_id in correlation_ids:
        entry = {"code": str(QUEUED), "description": "Queued", "transid": str(transid)}
        if correlation_id:
            entry["correlationid"] = correlation_id
        entries.append(entry)
    return Answer(202, _encode({"response": entries}))


def missing(parameter: str) -> Refusal:
    """Return the refusal that names a parameter which is not there."""
    return Refusal(PARAMETER_MISSING, f"Mandatory parameter missing: {parameter}.")


def invalid(sentence: str) -> Refusal:
    """Return the refusal of a parameter that is there but wrong."""
    return Refusal(INVALID_PARAMETERS, sentence)


def wrong_source(source: str | None) -> Refusal:
    """Return the refusal of a request from an address that the key may not be used from.

    It names the address: behind a proxy that is the question.
    """
    sentence = f"The service key may not be used from {source or 'an unknown address'}."
    return Refusal(WRONG_SOURCE, sentence)


class RtmsRefusal(Exception):
    """A refusal of ``/rtmsAPI``."""

    def __init__(
        self, code: int, sentence: str, status: int = 400, *, reason: str = ""
    ) -> None:
        """Keep the documented code, a sentence, the HTTP status and a word for programs."""
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status
        self.reason = reason

    @property
    def answer(self) -> Answer:
        """The answer in the shape of ``/rtmsAPI``."""
        more = {"reason": self.reason} if self.reason else {}
        return rtms(self.status, code=str(self.code), description=self.sentence, **more)


def rtms(status: int, **fields: Any) -> Answer:
    """Return an answer of ``/rtmsAPI``."""
    return Answer(status, _encode(fields))
