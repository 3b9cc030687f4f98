"""The try-it box: who would get an incoming text on a short code just now. Nothing is sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from imiconnect.accounts.models import Member
from imiconnect.console.words import Words
from imiconnect.numbers.kinds import Kind
from imiconnect.numbers.matching import Match, match_on_code
from imiconnect.numbers.models import Number, ShortCode
from imiconnect.numbers.ports import Use, answers, uses_of


@dataclass(frozen=True)
class Tried:
    """What a text means; ``receiver`` and ``uses`` are told of the person's organization only.

    The receiver is the keyword, or the dedicated code itself where no keyword is meant.
    ``own_word`` is a word of the organization's own, with what it does; ``is_hidden`` tells
    that a service gets it which the person does not see.
    """

    match: Match
    is_own: bool
    receiver: Number | None
    uses: list[Use]
    own_word: tuple[str, Words] | None = None
    is_hidden: bool = False


def try_text(*, member: Member, text: str, code: ShortCode) -> Tried:
    """Return what an incoming text on a code would meet, as far as the person may know."""
    match = match_on_code(text, code)
    keyword = match.keyword
    is_own = keyword is not None and keyword.organization_id == member.organization_id
    receiver = keyword if is_own else None
    if keyword is None and match.reserved is None:
        receiver = (
            Number.objects.active()
            .filter(
                kind=Kind.SHORT_CODE,
                short_code=code,
                is_dedicated=True,
                organization=member.organization_id,
            )
            .first()
        )
    uses, is_hidden = _services(member, receiver) if receiver else ([], False)
    own_word = answers.own_word(text, member.organization_id) if receiver else None
    return Tried(match, is_own, receiver, uses, own_word, is_hidden)


def _services(member: Member, receiver: Number) -> tuple[list[Use], bool]:
    """Return the service that gets a text, and whether it is one that the person cannot see."""
    for number in _mapped_by(receiver):
        if any(use.gets_incoming for use in uses_of(number, None)):
            seen = [use for use in uses_of(number, member) if use.gets_incoming]
            return seen, not seen
    return [], False


def _mapped_by(receiver: Number) -> Iterator[Number]:
    """Yield the numbers by which a service may be mapped, in the order in which they decide.

    A keyword that no service has goes to that of the organization's own code; a code may be
    mapped as the two-way Sender ID of the same digits.
    """
    yield receiver
    active = Number.objects.active().filter(organization=receiver.organization_id)
    code = receiver
    if receiver.kind == Kind.KEYWORD:
        own = active.filter(
            kind=Kind.SHORT_CODE, short_code=receiver.short_code_id, is_dedicated=True
        ).first()
        if own is None:
            return
        code = own
        yield code
    senders = active.filter(kind=Kind.SENDER_ID, folded=code.folded, country=code.country_id)
    yield from senders.order_by("id")
