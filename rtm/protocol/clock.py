"""Points in time as the protocol writes them: UTC, ISO 8601, with milliseconds and ``Z``."""

import datetime as dt

import msgspec

_encode = msgspec.json.Encoder().encode
#: A quotation mark, then a date and a time to the second, as msgspec writes them.
_TO_THE_SECOND = slice(1, 20)


def iso(moment: dt.datetime | None) -> str | None:
    """Return an aware ``moment`` as ``2026-01-31T12:00:00.000Z``; None stays None."""
    if moment is None:
        return None
    # Several of these are in each message; isoformat() takes five times as long.
    text = _encode(moment.astimezone(dt.UTC))[_TO_THE_SECOND].decode()
    return f"{text}.{moment.microsecond // 1000:03}Z"


def parse(text: str) -> dt.datetime | None:
    """Return the moment that an ISO 8601 text names, or None; without a zone it is UTC."""
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None
