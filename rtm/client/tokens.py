"""The JWT that the app's own server signs for its user, where the app asks for one."""

import base64
import binascii
import inspect
import json
import time
from collections.abc import Awaitable, Callable

from imiconnect.rtm.client.errors import ErrorCode, SdkError

#: Called for a token at first, when the last one has expired, and when it was refused.
TokenProvider = Callable[[], str | Awaitable[str]]
#: Seconds before its end at which a token is not used any more.
_MARGIN = 5


class Tokens:
    """Keeps the token of a provider as long as it is good."""

    def __init__(self, provider: TokenProvider | None) -> None:
        """Ask for nothing yet."""
        self._provider, self._token = provider, ""

    @property
    def are_there(self) -> bool:
        """Whether the app gives tokens at all."""
        return self._provider is not None

    async def token(self) -> str:
        """Return a token that has not expired; nothing without a provider.

        Raises a temporary ``SdkError`` when the provider does: its server may be there later.
        """
        if self._provider is not None and (not self._token or _has_expired(self._token)):
            try:
                given = self._provider()
                self._token = await given if inspect.isawaitable(given) else given
            except Exception as cause:
                code, sentence = ErrorCode.SERVER_UNREACHABLE, "The app gave no token."
                raise SdkError(code, sentence) from cause
        return self._token

    def forget(self) -> None:
        """Ask the provider at the next call: the token was refused."""
        self._token = ""


def _has_expired(token: str) -> bool:
    """Read ``exp`` without checking the token, which is the platform's to do."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return bool(claims.get("exp", float("inf")) - _MARGIN <= time.time())
    except (IndexError, AttributeError, TypeError, ValueError, binascii.Error):
        return False
