"""Writes of channel apps; the only writer for wizard, API, admin and demo.

Errors are Django's ``ValidationError`` with sentences by field, or ``Blocked``; ``Gone`` for an
app that has been deleted meanwhile. Every
function commits on its own unless the caller holds a transaction, and leaves an audit entry.
"""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import keys
from imiconnect.accounts.models import Member
from imiconnect.apps import health
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability, ChannelType
from imiconnect.apps.connection import as_stored as as_stored_secrets
from imiconnect.apps.credentials import fingerprints
from imiconnect.apps.models import App, ClientKey, new_app_id
from imiconnect.apps.policy import Policy, as_stored, checked, policy_of
from imiconnect.apps.ports import Blocker, answers
from imiconnect.apps.push.secrets import with_payload_key
from imiconnect.apps.senders import check_sender_id
from imiconnect.audit.services import record
from imiconnect.keys import Overlap
from imiconnect.locks import locked
from imiconnect.vault import fingerprint

NAME_LENGTH = 100
_ID_TRIES = 10
ACCOUNT_TAKEN = _("The account is already configured in another app.")


class Blocked(Exception):
    """Something cannot be deleted; ``blockers`` says why, each with where to change it."""

    def __init__(self, blockers: list[Blocker]) -> None:
        """Keep the reasons."""
        super().__init__("; ".join(str(blocker.text) for blocker in blockers))
        self.blockers = blockers


@transaction.atomic
def create_app(  # noqa: PLR0913 - an app consists of these
    *,
    member: Member,
    name: str,
    channel_type: str,
    config: Mapping[str, Any],
    policy: Policy | None = None,
    secrets: Mapping[str, Any] | None = None,
    app_id: str = "",
) -> App:
    """Create an app at the level of its creator, with an App ID and a client key.

    ``app_id`` is one that was drawn and shown before; unless it is taken, the app gets it.

    The client key is ``current_client_key(app).secret``, for types that have one. Raises
    ``ValidationError`` by field: ``name``, ``channel_type``, and those of the configuration,
    the credentials and the policy. An app of a provider is checked there after the commit.
    """
    kind = registry.by_slug().get(channel_type)
    if kind is None:
        raise ValidationError({"channel_type": [_("Select the channel from the list.")]})
    checked_config = kind.checked_config(config)
    kind.check_for(member.organization_id, checked_config)
    kept = kind.checked_secrets(secrets or {})
    stored = as_stored_secrets(kept)
    if policy and policy.payload_encryption:
        stored = with_payload_key(stored)
    fields = {
        "organization_id": member.organization_id,
        "group_id": member.group_id,
        "team_id": member.team_id,
        "name": checked_name(name),
        "channel_type": kind.slug,
        "config": checked_config,
        "secrets": stored,
        "account": _free_account(kind, checked_config),
        "policy": as_stored(_checked_policy(member.organization_id, policy or Policy())),
        "created_by_id": member.user_id,
    }
    app = _with_free_app_id(fields, app_id)
    after = {"app_id": app.app_id, "config": app.config, "secrets": fingerprints(kept)}
    if kind.can(Capability.CLIENT_KEY):
        after["key"] = fingerprint(keys.issue(app.client_keys).secret)
    record("app.created", app, after=after)
    if kind.handlers:
        health.watch(app)
    return app


def _checked_policy(
    organization_id: uuid.UUID, policy: Policy, before: Policy | None = None
) -> Policy:
    """Return a policy that holds the rules; raises ``ValidationError`` by field."""
    after = checked(policy)
    if before is None or before.pin_sender_id != after.pin_sender_id:
        check_sender_id(organization_id, after.pin_sender_id, field="pin_sender_id")
    return after


def _free_account(kind: ChannelType, config: Mapping[str, Any]) -> str:
    """Return the account that a configuration names; raises when another app has it."""
    account = kind.account(config)
    _check_account(kind.slug, account)
    return account


def _check_account(channel_type: str, account: str) -> None:
    rows = App.objects.filter(channel_type=channel_type, account=account)
    if account and rows.exists():
        raise ValidationError(ACCOUNT_TAKEN)


def _with_free_app_id(fields: dict[str, Any], wanted: str) -> App:
    """Insert the app; an App ID that is taken is drawn again."""
    for number in range(_ID_TRIES):
        app_id = wanted if wanted and not number else new_app_id()
        try:
            with transaction.atomic():
                return App.objects.create(app_id=app_id, **fields)
        except IntegrityError:
            if App.objects.filter(app_id=app_id).exists():
                continue
            _check_account(fields["channel_type"], fields["account"])
            raise
    raise ValidationError(_("No free App ID was found. Try again."))


def checked_name(name: str) -> str:
    """Return a name without spaces around it, or raise the sentence for the field."""
    name = " ".join(name.split())
    if not name:
        raise ValidationError({"name": [_("Enter the name.")]})
    if len(name) > NAME_LENGTH:
        raise ValidationError({"name": [_("Name must be 100 characters or fewer.")]})
    return name


def current_client_key(app: App) -> ClientKey:
    """Return the client key that is given to new clients."""
    key: ClientKey = app.client_keys.get(expires_at__isnull=True)
    return key


@transaction.atomic
def update_app(
    *,
    app: App,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> App:
    """Change the name of an app, its whole configuration, or the ``changes`` of it alone.

    What somebody else has changed of it meanwhile stays. Raises ``ValidationError`` by field,
    and for an account that another app has.
    """
    app = locked(app)
    before, account = {"name": app.name, "config": app.config}, app.account
    if name is not None:
        app.name = checked_name(name)
    if changes is not None:
        config = {**app.config, **changes}
    if config is not None:
        kind = registry.get(app.channel_type)
        app.config = kind.checked_config(config)
        kind.check_for(app.organization_id, app.config)
        if kind.account(app.config) != account:
            app.account = _free_account(kind, app.config)
    after = {"name": app.name, "config": app.config}
    if after != before:
        try:
            with transaction.atomic():
                app.save(update_fields=["name", "config", "account", "updated_at"])
        except IntegrityError:
            # Another app has taken the account since that was looked at.
            if app.account != account:
                _check_account(app.channel_type, app.account)
            raise
        record("app.updated", app, before=before, after=after)
    return app


@transaction.atomic
def set_policy(*, app: App, policy: Policy) -> App:
    """Change what devices and the gateway follow, and tell live devices after the commit."""
    app = locked(app)
    before = policy_of(app)
    after = _checked_policy(app.organization_id, policy, before)
    if before == after:
        return app
    app.policy = as_stored(after)
    if after.payload_encryption:
        app.secrets = with_payload_key(app.secrets)
    app.save(update_fields=["policy", "secrets", "updated_at"])
    record("app.policy_changed", app, before=as_stored(before), after=as_stored(after))
    tell_devices(app)
    return app


@transaction.atomic
def set_app_state(*, app: App, state: str) -> App:
    """Turn an app on or off; an app that is off neither sends nor receives."""
    app = locked(app)
    before = app.state
    if before == state:
        return app
    app.state = App.State(state)
    app.save(update_fields=["state", "updated_at"])
    word = "on" if state == App.State.ACTIVE else "off"
    record(f"app.turned_{word}", app, before={"state": before}, after={"state": state})
    tell_devices(app)
    return app


@transaction.atomic
def regenerate_client_key(*, app: App, keep: Overlap) -> ClientKey:
    """Make a new client key; ``keep`` says how long the old one stays valid."""
    app = locked(app)
    old = app.client_keys.filter(expires_at__isnull=True).first()
    new: ClientKey = keys.replace(app.client_keys, keep=keep)
    record(
        "app.client_key_regenerated",
        app,
        before={"key": fingerprint(old.secret)} if old else {},
        after={"key": fingerprint(new.secret), "old_key_kept_seconds": int(keep)},
    )
    tell_devices(app)
    return new


@transaction.atomic
def reveal_client_key(*, app: App) -> str:
    """Return the client key for reading, and record that it was read."""
    key = current_client_key(app)
    record("app.client_key_revealed", app, after={"key": fingerprint(key.secret)})
    return str(key.secret)


def deletion_blockers(app: App) -> list[Blocker]:
    """Return why an app cannot be deleted now; empty when it can."""
    return [blocker for find in answers.blockers for blocker in find(app)]


@transaction.atomic
def delete_app(*, app: App) -> None:
    """Delete an app with its keys; raises ``Blocked`` while it is in use."""
    app = locked(app)
    blockers = deletion_blockers(app)
    if blockers:
        raise Blocked(blockers)
    before = {"app_id": app.app_id, "config": app.config}
    for told in answers.goes_with:
        before |= told(app)
    record("app.deleted", app, before=before)
    tell_devices(app)
    health.say_goodbye(app)
    app.delete()


def tell_devices(app: App) -> None:
    """Have live devices hear of a change, after the commit."""
    for changed in answers.changed:
        transaction.on_commit(partial(changed, app), robust=True)
