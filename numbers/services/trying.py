"""The try-it box: who would get an incoming text on a short code just now. Nothing is sent."""

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
    ``own_word`` is a word of the organization's own, with what it does.
    """

    match: Match
    is_own: bool
    receiver: Number | None
    uses: list[Use]
    own_word: tuple[str, Words] | None = None


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
    uses = uses_of(receiver, member) if receiver else []
    own_word = answers.own_word(text, member.organization_id) if receiver else None
    return Tried(match, is_own, receiver, [use for use in uses if use.gets_incoming], own_word)
