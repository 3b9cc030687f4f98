"""The carrier SMPP: texts become rows, which the process ``manage.py smpp`` sends.

A text is accepted only while the link to its centre is up, so that another route can take it
otherwise; from then on the row is the truth, through any crash of the link. What the centre
says comes as receipts.
"""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.carriers import messaging as m
from imiconnect.numbers.carriers.base import Account
from imiconnect.numbers.carriers.smpp import store
from imiconnect.numbers.carriers.smpp.options import problems_of


class Messenger:
    """An account at a centre: base URL smpp://host:port, system id, password, options."""

    slug = "smpp"
    name = _("SMPP")
    carries = frozenset({m.Carries.SMS})
    twin = ""

    def __init__(self, account: Account) -> None:
        """Keep the account."""
        self._account = account

    def problems(self) -> list[Words]:
        """Tell what of address, sign-in and options is wrong."""
        return problems_of(self._account)

    def submit(self, batch: Sequence[m.OutgoingSms]) -> list[m.Submission]:
        """Keep the texts for the link, if it is up."""
        if not store.is_bound(self._account.key):
            return [m.Declined(m.CARRIER_DOWN, "not bound") for _sms in batch]
        return store.put(self._account.key, batch)

    def verify(self, hook: m.Hook) -> bool:
        """Believe nobody: centres call no webhook."""
        return False

    def parse(self, hook: m.Hook) -> m.HookAnswer:
        """Understand nothing, for the same reason."""
        raise m.UnreadableHook("SMPP has no webhooks")
