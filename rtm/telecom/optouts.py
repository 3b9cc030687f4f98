"""Opt-outs: who is on the list, getting on and off it, and the words for that."""

import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.audit.services import record
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.models import Number
from imiconnect.numbers.text import fold_word, folded, without_punctuation
from imiconnect.rtm.models import OptOut, OptWord
from imiconnect.rtm.outcomes import Reason
from imiconnect.rtm.sql import cursor
from imiconnect.rtm.telecom.addresses import digits_of

#: "User in DnD" (facts/imiconnect.md, section 14).
OPTED_OUT = 7109
MAX_WORD, MAX_REPLY = 50, 480
#: Organization, sender as the phone shows it, and the customer's number.
Key = tuple[uuid.UUID, str, str]

_BLOCKED = """
SELECT DISTINCT u.organization, u.sender, u.address
FROM unnest(%b::uuid[], %b::text[], %b::text[]) u (organization, sender, address)
JOIN rtm_optout o ON o.address = u.address AND (
  (o.organization_id = u.organization AND o.sender IN ('', u.sender))
  OR (o.organization_id IS NULL AND o.sender = u.sender))
"""


def blocked(keys: Iterable[Key]) -> set[Key]:
    """Return those to whom nothing may be sent from the sender."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return set()
    with cursor() as own:
        own.execute(_BLOCKED, [list(column) for column in zip(*wanted, strict=True)])
        return {(row[0], row[1], row[2]) for row in own.fetchall()}


def reason(sender: str) -> Reason:
    """Return why a message to somebody on the list fails."""
    return Reason(OPTED_OUT, _("The customer has opted out of messages from %s.") % sender)


def may_manage(member: Member) -> None:
    """Raise ``PermissionDenied`` unless the person may change the list."""
    if not member.can(Act.MANAGE_CUSTOMERS):
        raise PermissionDenied


@transaction.atomic
def opt_out(
    *, member: Member, address: str, sender: str = "", source: str = OptOut.Source.CONSOLE
) -> OptOut:
    """Put a customer's number on the list, for one sender or for all of the organization.

    Raises ``ValidationError`` by field; putting it on twice changes nothing.
    """
    may_manage(member)
    digits = digits_of(address)
    if not digits:
        sentence = _("Enter a mobile number with its country code, such as +44 7700 900123.")
        raise ValidationError({"address": [sentence]})
    row, is_new = OptOut.objects.get_or_create(
        organization=member.organization,
        address=digits,
        sender=as_sent(sender),
        defaults={"source": source, "created_by": member.user},
    )
    if is_new:
        record("opt_out.added", row, organization_id=member.organization_id, after=_shown(row))
    return row


@transaction.atomic
def remove_opt_out(*, member: Member, row: OptOut) -> None:
    """Take a customer's number off the list, for example on the customer's request."""
    may_manage(member)
    if row.organization_id != member.organization_id:
        raise PermissionDenied
    record("opt_out.removed", row, organization_id=member.organization_id, before=_shown(row))
    row.delete()


def as_sent(sender: str) -> str:
    """Return a sender as messages have it: digits without marks, a name as it is."""
    compact = folded(sender)
    return compact if compact.isdigit() else sender.strip()[:64]


def _shown(row: OptOut) -> dict[str, str]:
    """Return what the audit log keeps: the end of the number alone."""
    return {"address": f"…{row.address[-4:]}", "sender": row.sender}


@transaction.atomic
def save_word(
    *, member: Member, word: str, meaning: str, reply: str = "", row: OptWord | None = None
) -> OptWord:
    """Add an own word, or change ``row``; raises ``ValidationError`` by field."""
    may_manage(member)
    word = word.strip()
    plain = fold_word(word)
    if not plain or len(plain.split()) != 1 or len(word) > MAX_WORD:
        sentence = _("Enter one word of at most 50 characters, without spaces.")
        raise ValidationError({"word": [sentence]})
    if meaning not in OptWord.Meaning.values:
        raise ValidationError({"meaning": [_("Select what the word does.")]})
    if len(reply) > MAX_REPLY:
        raise ValidationError({"reply": [_("Reply must be 480 characters or fewer.")]})
    kept = row or OptWord(organization=member.organization)
    if kept.folded != plain:
        _not_a_keyword(member, plain)
    before = {"word": kept.word, "meaning": kept.meaning, "reply": kept.reply} if row else {}
    kept.word, kept.folded, kept.meaning, kept.reply = word, plain, meaning, reply.strip()
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:
        raise ValidationError({"word": [_("You have this word already.")]}) from None
    after = {"word": word, "meaning": meaning, "reply": kept.reply}
    record("opt_word.saved", kept, before=before, after=after)
    return kept


def _not_a_keyword(member: Member, plain: str) -> None:
    """Raise ``ValidationError`` where whoever sends a keyword would leave by it."""
    live = Number.objects.live().filter(organization=member.organization_id, kind=Kind.KEYWORD)
    for keyword in live.filter(folded__contains=plain):
        if without_punctuation(keyword.folded) == plain:
            sentence = _("%s is a keyword of yours. Choose another word, or release it first.")
            raise ValidationError({"word": [sentence % keyword]})


@transaction.atomic
def remove_word(*, member: Member, row: OptWord) -> None:
    """Take an own word away; a word of the platform then has its usual reply again."""
    may_manage(member)
    if row.organization_id != member.organization_id:
        raise PermissionDenied
    record("opt_word.removed", row, before={"word": row.word})
    row.delete()
