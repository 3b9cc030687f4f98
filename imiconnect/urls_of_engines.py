"""What Django and Celery want to know of an engine, read out of its address."""

import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

#: Where an address names no port.
_PORTS = {"mqtt": 1883, "mqtts": 8883, "nats": 4222, "tls": 4222}


@dataclass(frozen=True)
class Nodes:
    """One engine of one or several nodes, any of which serves."""

    scheme: str
    username: str
    password: str = field(repr=False)
    #: Host and port of each node.
    addresses: tuple[tuple[str, int], ...]

    def in_any_order(self) -> list[tuple[str, int]]:
        """Return the addresses by chance: clients spread, and the next one is another."""
        return random.sample(self.addresses, len(self.addresses))


def nodes(url: str) -> Nodes:
    """Read ``scheme://user:password@host:port,host:port``; raises ``ValueError``."""
    parts = urlsplit(url)
    who, _, where = parts.netloc.rpartition("@")
    username, _, password = who.partition(":")
    found = [urlsplit(f"//{place}") for place in where.split(",")]
    if not all(place.hostname for place in found):
        raise ValueError("a host is missing")
    return Nodes(
        scheme=parts.scheme,
        username=unquote(username),
        password=unquote(password),
        addresses=tuple(
            (place.hostname or "", place.port or _PORTS[parts.scheme]) for place in found
        ),
    )


def database(url: str, *, pooled: bool = False) -> dict[str, Any]:
    """Return Django's ``DATABASES`` entry for a ``postgresql://`` address.

    Query parameters go to libpq (``sslmode``, ``options``, ...). Connections are kept in a
    pool of each process, since opening one costs more than most queries here. ``pooled``
    says that a pooler is between, which gives each transaction another session.
    """
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,
        # A cursor that outlives its transaction is in a session that is no longer ours.
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
            **dict(parse_qsl(parts.query)),
        },
    }


def cache_url(url: str) -> str:
    """Return the address of the cache: the Redis database after the broker's."""
    parts = urlsplit(url)
    number = int(parts.path.lstrip("/") or 0)
    return urlunsplit(parts._replace(path=f"/{number + 1}"))


def live_prefix(url: str) -> str:
    """Return the channel layer's prefix: Redis channels are shared by all its databases."""
    return f"imiconnect-live-{urlsplit(url).path.lstrip('/') or 0}"


def celery_broker(url: str) -> tuple[dict[str, Any], str]:
    """Return Celery's transport options and queue type for a broker address.

    On Redis the tasks of a killed worker wait for the visibility timeout, so it is short;
    RabbitMQ redelivers at once and keeps quorum queues.
    """
    if url.startswith("amqp"):
        return {"confirm_publish": True}, "quorum"
    return {"visibility_timeout": 60, "global_keyprefix": "imiconnect-celery-"}, "classic"


def email(url: str) -> dict[str, Any]:
    """Return Django's mail settings for ``console://``, ``file:///path`` or ``smtp(s)://``."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
    if parts.scheme in {"smtp", "smtps", "smtp+tls"}:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname or "localhost",
            "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": parts.scheme == "smtps",
            "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        }
    return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
