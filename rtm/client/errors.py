"""Errors of the client. The numbers are those that IMIconnect's SDKs document."""

from enum import IntEnum


class ErrorCode(IntEnum):
    """The documented numbers."""

    NOT_INITIALIZED = 6000
    ALREADY_INITIALIZED = 6001
    NOT_REGISTERED = 6002
    NOT_SUPPORTED = 6003
    INVALID_PARAMETER = 6004
    PERMISSION_NOT_GRANTED = 6005
    REGISTRATION_CONFLICT = 6006
    ALREADY_PROCESSING = 6007
    SERVER_UNREACHABLE = 6100
    REGISTRATION_FAILED = 6101
    INVALID_RESPONSE = 6102
    NOT_CONNECTED = 6200
    CONNECTION_FAILED = 6201
    PUBLISH_FAILED = 6202
    SUBSCRIBE_FAILED = 6203
    UNSUBSCRIBE_FAILED = 6204
    ALREADY_CONNECTED = 6205
    UNKNOWN = 6999


_TEMPORARY = frozenset({ErrorCode.SERVER_UNREACHABLE, ErrorCode.NOT_CONNECTED})


class SdkError(Exception):
    """An error with a documented number and a sentence that says what to do.

    ``gateway`` is the gateway's own code where it gave one, ``status`` the HTTP status, and
    ``reason`` its word for programs: ``jwt``, ``encryption``, ``pin``, ``replaced``,
    ``taken`` or ``inactive``.
    """

    def __init__(
        self,
        code: ErrorCode,
        sentence: str,
        *,
        gateway: int | None = None,
        status: int | None = None,
        reason: str = "",
    ) -> None:
        """Keep what is known."""
        super().__init__(sentence)
        self.code, self.gateway, self.status = code, gateway, status
        self.reason = reason

    @property
    def temporary(self) -> bool:
        """Whether the same call may succeed later without a change."""
        no_answer = self.code == ErrorCode.PUBLISH_FAILED and self.status is None
        return no_answer or self.code in _TEMPORARY


#: Reasons for which a device does not register again by itself.
ENDINGS = frozenset({"replaced", "taken", "inactive"})


def conflict(sentence: str, reason: str) -> SdkError:
    """Return the error of a device whose registration another one has ended."""
    return SdkError(ErrorCode.REGISTRATION_CONFLICT, sentence, reason=reason)


def demand(holds: object, sentence: str) -> None:
    """Raise ``INVALID_PARAMETER`` unless something holds."""
    if not holds:
        raise SdkError(ErrorCode.INVALID_PARAMETER, sentence)
