"""The policy of an app: what the gateway and live devices follow, changeable at any time."""

import datetime as dt
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect.apps import attributes

if TYPE_CHECKING:
    from imiconnect.apps.models import App

MAX_RETRIES = 10
DAY_SECONDS = 86_400
#: The longest that a message may wait: four weeks, as long as push providers keep one.
MAX_EXPIRY_SECONDS = 28 * DAY_SECONDS
MAX_ORIGINS = 50
#: Messages a second to one provider; accounts with a greater quota than usual are slower.
MAX_RATE = 1000
#: IMIconnect's own: profiles that were silent for so long are inactive, and the most allowed.
INACTIVE_DAYS, MAX_INACTIVE_DAYS = 40, 365
#: How long files that devices have uploaded are kept, and the longest that an app may ask for.
MEDIA_DAYS, MAX_MEDIA_DAYS = 90, 3650
#: How many megabytes (million bytes) of files an app keeps, and the most that it may ask for.
MEDIA_MEGABYTES, MAX_MEDIA_MEGABYTES = 10_000, 10_000_000
#: How many threads a user's devices may open, and the most that an app may ask for.
THREADS_PER_USER, MAX_THREADS_PER_USER = 1000, 100_000
ANY_ORIGIN = "*"
#: How devices may hold their connection: MQTT over TCP, or over WebSocket.
TRANSPORTS = ("mqtt", "websocket")
#: Ports of the secured transports (facts/imiconnect.md, 7.4).
SECURED_PORTS = {"mqtt": 8883, "websocket": 8884}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How messages of an app are retried and expire, and which sites may be its devices.

    ``messages_per_second`` is how fast messages go to the app's provider; 0 is as fast as the
    channel is known to allow. ``retry_interval_seconds`` lies between two attempts;
    ``expiry_seconds`` counts from acceptance. ``allowed_origins`` are browser origins, or ``*``
    for any. With ``client_key_as_password`` a device may connect with the client key instead of
    its access token, as existing IMIconnect clients do (facts/imiconnect.md, 18.2).

    With ``profile_required`` only customers with a master profile can register a device.
    ``device_attributes`` are the words of ``attributes.DEVICE_ATTRIBUTES`` that are kept of
    what devices tell; a device that was silent for ``inactive_days`` is forgotten (section 16).
    Files of messages are deleted after ``media_days``; of all together an app keeps no more
    than ``media_megabytes``. A device opens no thread for a user who has
    ``threads_per_user``, whoever opened those.

    The rest are the settings of in-app messaging (sections 7 to 7.5). ``secondary_transport``
    may be empty. With ``payload_encryption`` what goes between gateway and devices is
    encrypted (AES-256-CBC), beside TLS. ``multi_user_per_device`` is about phones; without it
    a device that registers for another user ends its earlier registration. Without
    ``server_inbox`` nothing is kept for devices beyond a day; with ``device_sync`` a user's
    devices hear of what the others have sent, read and deleted. With ``pin_required`` a device
    registers a user ID only with a one-time PIN, which ``pin_sender_id`` has sent to the
    mobile number of the customer with that customer ID.
    """

    retry_count: int = 3
    retry_interval_seconds: int = 60
    expiry_seconds: int = DAY_SECONDS
    messages_per_second: int = 0
    allowed_origins: tuple[str, ...] = ()
    client_key_as_password: bool = False
    profile_required: bool = True
    device_attributes: tuple[str, ...] = attributes.DEFAULT
    inactive_days: int = INACTIVE_DAYS
    media_days: int = MEDIA_DAYS
    media_megabytes: int = MEDIA_MEGABYTES
    threads_per_user: int = THREADS_PER_USER
    primary_transport: str = "websocket"
    secondary_transport: str = ""
    secured_port: bool = False
    payload_encryption: bool = False
    jwt_authorization: bool = False
    server_inbox: bool = False
    single_device_per_user: bool = False
    multi_user_per_device: bool = False
    device_sync: bool = False
    pin_required: bool = False
    pin_sender_id: str = ""

    def allows_origin(self, origin: str) -> bool:
        """Tell whether a page of ``origin`` may be a device of this app."""
        return ANY_ORIGIN in self.allowed_origins or origin.lower() in self.allowed_origins


def expiry_of(
    policy: Policy,
    received: dt.datetime,
    asked: dt.datetime | None = None,
    *,
    needs_inbox: bool = True,
) -> dt.datetime:
    """Return when a message expires, as its request says with ``asked``, or else the policy.

    For devices, which need the Server Side Inbox, without one nothing is kept beyond a day.
    """
    wanted = asked or received + dt.timedelta(seconds=policy.expiry_seconds)
    if policy.server_inbox or not needs_inbox:
        return wanted
    return min(wanted, received + dt.timedelta(seconds=DAY_SECONDS))


def policy_of(app: "App") -> Policy:
    """Return the policy of an app; what it does not say is as by default."""
    return msgspec.convert(app.policy, Policy, strict=False)


def as_stored(policy: Policy) -> dict[str, Any]:
    """Return a policy as ``App.policy`` keeps it."""
    stored: dict[str, Any] = msgspec.to_builtins(policy)
    return stored


def checked(policy: Policy) -> Policy:
    """Return ``policy`` with its origins normalized.

    Raises ``ValidationError`` with one sentence for each field that is out of its range.
    """
    problems = _messaging_problems(policy)
    for name, (low, high, sentence) in _RANGES.items():
        value = getattr(policy, name)
        if not low <= value <= high:
            problems[name] = [sentence]
    origins: list[str] = []
    for entry in policy.allowed_origins:
        try:
            origins.append(_origin(entry))
        except ValidationError as error:
            problems.setdefault("allowed_origins", []).extend(error.messages)
    if len(origins) > MAX_ORIGINS:
        problems["allowed_origins"] = [_("Allowed origins must be 50 or fewer.")]
    if not set(policy.device_attributes) <= attributes.DEVICE_ATTRIBUTES.keys():
        problems["device_attributes"] = [_("Select the device attributes from the list.")]
    if problems:
        raise ValidationError(problems)
    return msgspec.structs.replace(policy, allowed_origins=tuple(dict.fromkeys(origins)))


def _messaging_problems(policy: Policy) -> dict[str, Any]:
    problems: dict[str, Any] = {}
    if policy.primary_transport not in TRANSPORTS:
        problems["primary_transport"] = [_("Select the primary transport.")]
    if policy.secondary_transport not in ("", *TRANSPORTS):
        problems["secondary_transport"] = [_("Select the secondary transport, or none.")]
    elif policy.secondary_transport == policy.primary_transport:
        sentence = _("Secondary transport must be another one than the primary.")
        problems["secondary_transport"] = [sentence]
    return problems | _pin_problems(policy)


def _pin_problems(policy: Policy) -> dict[str, Any]:
    if not policy.pin_required:
        return {}
    if not policy.pin_sender_id:
        return {"pin_sender_id": [_("Select the Sender ID that sends the PINs.")]}
    if policy.client_key_as_password:
        sentence = _(
            "Devices that connect with the client key need no PIN: let them connect with "
            "access tokens only, then ask for PINs."
        )
        return {"pin_required": [sentence]}
    return {}


_RANGES: dict[str, tuple[int, int, Any]] = {
    "retry_count": (0, MAX_RETRIES, _("Retries must be between 0 and 10.")),
    "retry_interval_seconds": (
        1,
        DAY_SECONDS,
        _("Time between retries must be between 1 and 86400 seconds."),
    ),
    "expiry_seconds": (
        1,
        MAX_EXPIRY_SECONDS,
        _("Expiry must be between 1 and 2,419,200 seconds (28 days)."),
    ),
    "messages_per_second": (
        0,
        MAX_RATE,
        _("Messages per second must be between 0 and 1000; 0 is the channel's own limit."),
    ),
    "inactive_days": (
        1,
        MAX_INACTIVE_DAYS,
        _("Days of silence must be between 1 and 365."),
    ),
    "media_days": (
        1,
        MAX_MEDIA_DAYS,
        _("Days that files are kept must be between 1 and 3650."),
    ),
    "media_megabytes": (
        1,
        MAX_MEDIA_MEGABYTES,
        _("Megabytes of files must be between 1 and 10,000,000."),
    ),
    "threads_per_user": (
        1,
        MAX_THREADS_PER_USER,
        _("Threads of a user must be between 1 and 100000."),
    ),
}


def _origin(entry: str) -> str:
    """Return an origin as browsers write it: scheme and host in small letters, no path."""
    text = entry.strip().lower().rstrip("/")
    if text == ANY_ORIGIN:
        return text
    parts = urlsplit(text)
    try:
        plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain = False
    if not plain or text != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise ValidationError(
            _("“%(entry)s” is not an origin. Write it like https://www.example.com, or *."),
            params={"entry": entry.strip()[:100]},
        )
    default = {"http": ":80", "https": ":443"}[parts.scheme]
    return text.removesuffix(default)
