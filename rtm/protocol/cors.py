"""Cross-origin answers (WHATWG Fetch, "CORS protocol"): a page of another site as a device.

Pure functions: the caller knows the app and asks its policy whether the origin is allowed.
"""

from urllib.parse import urlsplit

#: Request headers that a device's page may send (facts/imiconnect.md, 18.4).
REQUEST_HEADERS = "accesstoken, authorization, content-type, secretkey, sdkversion"
METHODS = "GET, POST, PUT, DELETE, OPTIONS"
_MAX_AGE_SECONDS = "600"


def is_own(origin: str, host: str) -> bool:
    """Tell whether a page of ``origin`` is of the server itself, which ``Host`` names."""
    try:
        place = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and place.lower() == host.lower()


def answer_headers(origin: str, *, allowed: bool) -> dict[str, str]:
    """Return the headers with which a page of ``origin`` may read an answer.

    Caches keep answers to different origins apart, allowed or not.
    """
    headers = {"Vary": "Origin"}
    if origin and allowed:
        headers["Access-Control-Allow-Origin"] = origin
    return headers


def preflight_headers(origin: str, *, allowed: bool) -> dict[str, str]:
    """Return the headers of the answer to ``OPTIONS``, before the page may send at all."""
    headers = answer_headers(origin, allowed=allowed)
    if origin and allowed:
        headers |= {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": REQUEST_HEADERS,
            "Access-Control-Max-Age": _MAX_AGE_SECONDS,
        }
    return headers
