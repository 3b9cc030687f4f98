"""The facts behind a decision, read for many claims with two queries."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models.functions import Now

from imiconnect import keys
from imiconnect.apps.models import ClientKey
from imiconnect.apps.policy import policy_of
from imiconnect.rtm.connect.decision import Claim, Facts, Grant, Name, Refusal, decide
from imiconnect.rtm.connect.threads import Batched
from imiconnect.rtm.models import Device
from imiconnect.vault import digest

_last_epoch = 0
_epoch_lock = threading.Lock()


def decide_all(claims: Sequence[Claim]) -> list[Grant | Refusal]:
    """Return the decision on each claim; blocks for two queries."""
    devices = _devices({name for claim in claims for name in claim.names})
    fitting = _client_keys({claim.password for claim in claims if claim.password})
    return [
        decide(
            claim,
            [_facts(devices[name], claim, fitting) for name in claim.names if name in devices],
        )
        for claim in claims
    ]


#: Decide on one claim without blocking the event loop.
authorize: Batched[Claim, Grant | Refusal] = Batched(decide_all)


def _devices(names: set[Name]) -> dict[Name, Any]:
    rows = (
        Device.objects.filter(
            app__app_id__in={name.app_id for name in names},
            user_id__in={name.user_id for name in names},
            device_id__in={name.device_id for name in names},
        )
        .select_related("app__organization")
        .annotate(now=Now())
    )
    return {Name(row.app.app_id, row.user_id, row.device_id): row for row in rows}


def _client_keys(passwords: Iterable[str]) -> set[tuple[str, Any]]:
    """Return which passwords are client keys in force, each with the app of the key."""
    by_digest = {digest(password): password for password in passwords}
    rows = ClientKey.objects.filter(keys.in_force(), digest__in=by_digest)
    return {(by_digest[hexed], app) for hexed, app in rows.values_list("digest", "app_id")}


def _facts(device: Any, claim: Claim, fitting: set[tuple[str, Any]]) -> Facts:
    app = device.app
    policy = policy_of(app)
    return Facts(
        device=device.pk,
        app=app.pk,
        name=Name(app.app_id, device.user_id, device.device_id),
        platform=device.platform,
        token_digest=device.access_token_digest,
        token_expires_at=device.token_expires_at,
        is_unregistered=device.unregistered_at is not None or bool(device.ended_by),
        app_is_active=app.state == app.State.ACTIVE and app.organization.is_active,
        client_key_fits=policy.client_key_as_password and (claim.password, app.pk) in fitting,
        origin_is_allowed=not claim.origin or policy.allows_origin(claim.origin),
        now=device.now,
        epoch=_next_epoch(int(device.now.timestamp() * 1_000_000)),
    )


def _next_epoch(microseconds: int) -> int:
    """Return the clock of the database, but never the same number twice in this process."""
    global _last_epoch
    with _epoch_lock:
        _last_epoch = max(_last_epoch + 1, microseconds)
        return _last_epoch
