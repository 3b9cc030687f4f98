"""Visits to a provider's login page: begun, come back from, and used for an app.

The state is random, kept as a digest, bound to the person who began, and good for one hour
and one return. What was granted is encrypted until an app has it.
"""

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.apps import health
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.channel_types.errors import ChannelError
from imiconnect.apps.channel_types.linking import ChangesAccount, Choice, Linking, Refused
from imiconnect.apps.credentials import replace_secrets
from imiconnect.apps.models import App, Authorization
from imiconnect.apps.services import ACCOUNT_TAKEN, update_app
from imiconnect.audit.services import record
from imiconnect.vault import digest, new_key

LIVES = dt.timedelta(hours=1)
UNKNOWN_STATE = _(
    "This return from the provider belongs to no login that is under way. Begin again."
)
NOT_THIS_ACCOUNT = _(
    "The account of this app is not among those that were granted. Log in as somebody who "
    "manages it, and grant it."
)


@dataclass(frozen=True)
class Offer:
    """A granted account as the list shows it; ``taken`` ones cannot be selected."""

    choice: Choice
    taken: bool


def linking_of(channel_type: str | ChannelType) -> Linking:
    """Return the login of a channel type; raises ``ValidationError`` where it has none."""
    kind: ChannelType | None
    if isinstance(channel_type, str):
        kind = registry.by_slug().get(channel_type)
    else:
        kind = channel_type
    if kind is None or not kind.linking:
        sentence = _("Apps of this channel are configured without a login at the provider.")
        raise ValidationError({"channel_type": [sentence]})
    linking: Linking = import_string(kind.linking)()
    return linking


def callback_url(channel_type: str) -> str:
    """Return where the provider sends the browser back to."""
    return settings.PUBLIC_URL + reverse("apps:authorized", args=[channel_type])


def begin(
    *, member: Member, channel_type: str, return_path: str = "", app: App | None = None
) -> tuple[Authorization, str]:
    """Begin a login; return its row and the address of the provider's page.

    ``return_path`` is where the person goes on afterwards. Raises ``ValidationError`` with
    what the provider said when it cannot begin.
    """
    linking = linking_of(channel_type)
    state = new_key()
    try:
        begun = linking.begin(callback_url=callback_url(channel_type), state=state)
    except Refused as refused:
        raise ValidationError(refused.words) from refused
    except ChannelError as error:
        raise ValidationError(f"{error.outcome.words} {error.detail}".strip()) from error
    row = Authorization.objects.create(
        channel_type=channel_type,
        member=member,
        app=app,
        state_digest=digest(state),
        kept=json.dumps(begun.kept),
        return_path=return_path,
        expires_at=timezone.now() + LIVES,
    )
    return row, begun.url


def finish(*, member: Member, channel_type: str, query: Mapping[str, str]) -> Authorization:
    """Take what the browser brings back; the row then holds what was granted.

    The state is compared before anything else, and used up. Raises ``ValidationError``.
    """
    linking = linking_of(channel_type)
    row = _claimed(member, channel_type, linking.state_of(query))
    kept = json.loads(row.kept or "{}")
    try:
        granted = linking.finish(
            callback_url=callback_url(channel_type), query=query, kept=kept
        )
    except Refused as refused:
        raise ValidationError(refused.words) from refused
    except ChannelError as error:
        raise ValidationError(error.outcome.words) from error
    choices = [
        asdict(choice) | {"obstacle": str(choice.obstacle)} for choice in granted.choices
    ]
    row.kept = json.dumps({"person": granted.person, "choices": choices})
    row.granted_at = timezone.now()
    row.save(update_fields=["kept", "granted_at"])
    return row


def _claimed(member: Member, channel_type: str, state: str) -> Authorization:
    """Use up a state: whoever changes the row has it."""
    mine = Authorization.objects.filter(
        channel_type=channel_type,
        member=member,
        state_digest=digest(state) if state else "",
        granted_at__isnull=True,
        expires_at__gt=timezone.now(),
    )
    row: Authorization | None = mine.first()
    used = digest(new_key())
    if row is None or not mine.filter(pk=row.pk).update(state_digest=used):
        raise ValidationError(UNKNOWN_STATE)
    row.state_digest = used
    return row


def find(member: Member, pk: Any, channel_type: str) -> Authorization | None:
    """Return a granted authorization of a person that has not ended, or None."""
    try:
        key = uuid.UUID(str(pk))
    except ValueError:
        return None
    row: Authorization | None = Authorization.objects.filter(
        pk=key,
        member=member,
        channel_type=channel_type,
        granted_at__isnull=False,
        expires_at__gt=timezone.now(),
    ).first()
    return row


def granted_by(row: Authorization) -> str:
    """Return the name of the person at the provider who granted."""
    return str(json.loads(row.kept).get("person", ""))


def offers(row: Authorization) -> list[Offer]:
    """Return the granted accounts, each with whether an app has it already."""
    choices = [Choice(**choice) for choice in json.loads(row.kept).get("choices", [])]
    taken = set(
        App.objects.filter(
            channel_type=row.channel_type, account__in=[choice.account for choice in choices]
        ).values_list("account", flat=True)
    )
    return [Offer(choice, choice.account in taken) for choice in choices]


def chosen(row: Authorization, account: str) -> Choice:
    """Return one granted account; raises ``ValidationError`` where it may not be selected."""
    offer = next((item for item in offers(row) if item.choice.account == account), None)
    if offer is None:
        raise ValidationError({"account": [_("Select the account from the list.")]})
    if offer.choice.obstacle:
        raise ValidationError({"account": [offer.choice.obstacle]})
    return offer.choice


@transaction.atomic
def reconnect(*, app: App, authorization: Authorization) -> App:
    """Give an app the credentials of a new login; its id, log and settings stay.

    Where the channel lets an app change its account, the one that was granted takes the
    place of another, and the provider stops calling us for that one; ``carry_over`` is to
    follow. Raises ``ValidationError`` when the login grants none that may be used.
    """
    offer = next(
        (item for item in offers(authorization) if item.choice.account == app.account), None
    )
    offer = offer or _other_account(app, authorization)
    if offer is None:
        raise ValidationError(NOT_THIS_ACCOUNT)
    if offer.choice.obstacle:
        raise ValidationError(offer.choice.obstacle)
    if offer.choice.account != app.account:
        health.say_goodbye(app)
        app = update_app(app=app, changes=offer.choice.config)
    app = replace_secrets(app=app, secrets=offer.choice.secrets)
    record("app.reconnected", app, after={"granted_by": granted_by(authorization)})
    authorization.delete()
    return app


def carry_over(*, app: App) -> None:
    """Tell the new account of an app what the old one was told; not inside a transaction.

    Raises ``ValidationError`` with what the provider said when it does not take it.
    """
    linking = linking_of(app.channel_type)
    if isinstance(linking, ChangesAccount):
        linking.account_changed(app)


def _other_account(app: App, authorization: Authorization) -> Offer | None:
    """Return the account that may take the place of an app's own; raises for a taken one."""
    granted = offers(authorization)
    kind = registry.get(app.channel_type)
    if len(granted) != 1 or not isinstance(linking_of(kind), ChangesAccount):
        return None
    if granted[0].taken:
        raise ValidationError(ACCOUNT_TAKEN)
    return granted[0]


def forget_old() -> int:
    """Delete what has ended; return how many rows."""
    return int(Authorization.objects.filter(expires_at__lt=timezone.now()).delete()[0])
