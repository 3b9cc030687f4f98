"""Where the push services are: while the sandbox is on, their doubles and nothing else."""

from dataclasses import dataclass

from django.conf import settings

from imiconnect.sandbox.twins import values_of


def _twin(slug: str) -> dict[str, str]:
    return values_of(slug) if settings.SANDBOX else {}


@dataclass(frozen=True)
class Apns:
    """A gateway of Apple's; ``trusted`` names a file with the authority of a double's TLS."""

    url: str
    trusted: str = ""


def apns(gateway: str) -> Apns:
    """Return a gateway, ``production`` or ``sandbox`` in Apple's words."""
    if twin := _twin("apns"):
        return Apns(twin[f"{gateway}_url"], twin["trusted"])
    return Apns(settings.APNS_URLS[gateway])


@dataclass(frozen=True)
class Fcm:
    """Where FCM takes messages, and Google gives tokens for it."""

    url: str
    token_url: str


def fcm() -> Fcm:
    """Return FCM's addresses."""
    if twin := _twin("fcm"):
        return Fcm(twin["base_url"], twin["token_url"])
    return Fcm(settings.FCM_URL, settings.GOOGLE_TOKEN_URL)


def web_push_double() -> str:
    """Return the address of the double of browsers' push services; empty in production.

    What is below it, and nothing else, may be on this machine and plain HTTP.
    """
    return _twin("webpush").get("base_url", "")
