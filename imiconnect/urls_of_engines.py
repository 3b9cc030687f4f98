"""What Django and Celery want to know of an engine, read out of its address."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit


def database(url: str) -> dict[str, Any]:
    """Return Django's ``DATABASES`` entry for a ``postgresql://`` address.

    Query parameters go to libpq (``sslmode``, ``options``, ...). Connections are kept in a
    pool of each process, since opening one costs more than most queries here.
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
