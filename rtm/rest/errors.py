"""Error codes of the RTMS API (facts/imiconnect.md, 18.5) and their envelope."""

from enum import Enum
from http import HTTPStatus
from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response

from imiconnect.rtm.connect.endings import Ended
from imiconnect.rtm.connect.jwt_auth import NotVouched
from imiconnect.rtm.connect.registration import NoProfile, UnknownDevice
from imiconnect.rtm.push.addresses import BadAddress

#: The sentence of code 7105 (section 14), with what to do about it.
NO_PROFILE = (
    "Customer profile not found (7105). This app registers only customers with a master "
    "profile: create it with the Profile API first, and name it as customerId or userId."
)


class Code(Enum):
    """A documented code, with the HTTP status and sentence that go with it."""

    INTERNAL = ("1", HTTPStatus.INTERNAL_SERVER_ERROR, "Internal error.")
    MISSING = ("3", HTTPStatus.BAD_REQUEST, "A mandatory attribute is missing.")
    INVALID = ("4", HTTPStatus.BAD_REQUEST, "The request cannot be used.")
    TAKEN = ("2", HTTPStatus.CONFLICT, "There is one with this name already.")
    NO_APP = ("5", HTTPStatus.NOT_FOUND, "The app does not exist.")
    NO_USER = ("7", HTTPStatus.NOT_FOUND, "The user id does not exist.")
    NO_KEY = ("11", HTTPStatus.UNAUTHORIZED, "The secretKey header is missing.")
    NO_APP_ID = ("14", HTTPStatus.BAD_REQUEST, "The appId is missing.")
    WRONG_KEY = ("26", HTTPStatus.UNAUTHORIZED, "The secretKey does not belong to this app.")
    NO_STREAM = ("31", HTTPStatus.NOT_FOUND, "The stream does not exist.")
    CONTENT_TYPE = ("36", HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The content type is refused.")
    WRONG_TOKEN = ("38", HTTPStatus.UNAUTHORIZED, "The accessToken does not fit this device.")
    NO_TOKEN = ("39", HTTPStatus.UNAUTHORIZED, "The accessToken header is missing.")
    OLD_TOKEN = ("40", HTTPStatus.UNAUTHORIZED, "The accessToken has expired.")

    NOT_SUPPORTED = ("62", HTTPStatus.FORBIDDEN, "That is not possible here.")
    NO_INBOX = ("67", HTTPStatus.FORBIDDEN, "The app has no Server Side Inbox.")

    def __init__(self, code: str, status: HTTPStatus, sentence: str) -> None:
        """Split the value into what it means."""
        self.code = code
        self.status = status
        self.sentence = sentence


class RtmsError(exceptions.APIException):
    """A refusal with a documented code; ``sentence`` says more than the code's own."""

    def __init__(
        self,
        code: Code,
        sentence: str = "",
        *,
        status: HTTPStatus | None = None,
        reason: str = "",
    ) -> None:
        """Keep what the answer needs; ``reason`` is a word for programs, new here."""
        super().__init__(sentence or code.sentence)
        self.rtms = code
        self.status_code = int(status or code.status)
        self.reason = reason


class TooManyCalls(exceptions.APIException):
    """The caller has made more calls than it may; ``wait`` is in seconds."""

    status_code = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, wait: int) -> None:
        """Say how long to wait."""
        super().__init__(f"Too many requests. Try again in {wait} s.")
        self.wait = wait


def rtms_envelope(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error in the envelope of the RTMS API: ``code`` and ``description``.

    Returns None for what is a fault of ours.
    """
    if isinstance(exc, RtmsError):
        return _answer(exc.rtms.code, str(exc.detail), exc.status_code, exc.reason)
    if isinstance(exc, NotVouched):
        return _answer(str(exc.code), exc.sentence, HTTPStatus.UNAUTHORIZED, "jwt")
    if isinstance(exc, Ended):
        code = Code.WRONG_TOKEN
        return _answer(code.code, exc.sentence, code.status, exc.reason)
    if isinstance(exc, UnknownDevice):
        return _answer(Code.NO_USER.code, Code.NO_USER.sentence, Code.NO_USER.status)
    if isinstance(exc, NoProfile):
        return _answer(Code.NO_USER.code, NO_PROFILE, HTTPStatus.NOT_FOUND)
    if isinstance(exc, BadAddress):
        return _answer(Code.INVALID.code, f"pushId: {exc}", HTTPStatus.BAD_REQUEST)
    if isinstance(exc, exceptions.ValidationError):
        code, sentence = first_problem(exc)
        return _answer(code.code, sentence, HTTPStatus.BAD_REQUEST)
    if isinstance(exc, TooManyCalls):
        answer = _answer(Code.INVALID.code, str(exc.detail), exc.status_code)
        answer["Retry-After"] = str(exc.wait)
        return answer
    if isinstance(exc, exceptions.APIException):
        return _answer(Code.INVALID.code, str(exc.detail), exc.status_code)
    return None


def first_problem(exc: exceptions.ValidationError) -> tuple[Code, str]:
    """Return the first thing wrong with a body: its code and a sentence with the field."""
    pointer, detail, reason = next(_walk(exc.get_full_details(), ""))
    if reason in {"required", "null", "blank", "empty"}:
        return Code.MISSING, f"{pointer or 'The body'} is missing."
    return Code.INVALID, f"{pointer}: {detail}" if pointer else detail


def _walk(details: Any, pointer: str) -> Any:
    if isinstance(details, list):
        for item in details:
            yield from _walk(item, pointer)
    elif set(details) == {"message", "code"}:
        yield pointer, str(details["message"]), details["code"]
    else:
        for name, item in details.items():
            whole = name == "non_field_errors"
            yield from _walk(item, pointer if whole else f"{pointer}.{name}".lstrip("."))


def _answer(code: str, description: str, status: int, reason: str = "") -> Response:
    body = {"code": code, "description": description}
    return Response(body | ({"reason": reason} if reason else {}), status=int(status))
