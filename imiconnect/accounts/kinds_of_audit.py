"""The kinds of change that the audit page offers as a filter, and the actions of each."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words


@dataclass(frozen=True)
class Kind:
    """A kind of change: its words and the condition on the entries."""

    label: Words
    actions: Q


def _of(*prefixes: str) -> Q:
    """Return the condition for actions that begin with one of these."""
    found = Q()
    for prefix in prefixes:
        found |= Q(action__startswith=prefix)
    return found


KINDS = {
    "share": Kind(_("Shares of apps"), _of("app.share")),
    "role": Kind(_("People, roles and invitations"), _of("member.", "invitation.", "user.")),
    "level": Kind(
        _("Organization, groups and teams"), _of("organization.", "group.", "team.", "trial.")
    ),
    "key": Kind(_("Keys and tokens"), Q(action__regex=r"^token\.|[._]key(_|$)")),
    "secret": Kind(
        _("Secrets: shown or replaced"),
        Q(action__regex=r"secret|credential|_revealed$|^app\.push_"),
    ),
    "service_state": Kind(
        _("State of services"),
        Q(action__in=["service.draft", "service.live", "service.suspended"]),
    ),
    "allocation": Kind(
        _("Apps and numbers of services"), Q(action__regex=r"_(de)?allocated$|inbound_service")
    ),
    "number": Kind(
        _("Numbers: orders, releases, states"),
        _of("phone_number.", "short_code.", "sender_id.", "keyword.", "offline_request."),
    ),
    "sign_in": Kind(_("Sign-in"), _of("sign_in.", "sign_out", "second_factor.", "password")),
}
