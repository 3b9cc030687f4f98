"""Which keyword an incoming text means: the decision of the try-it box and of MO messages.

1. The first word, without punctuation at its ends and casefolded: an opt-out, opt-in or
   help word wins over every keyword.
2. Else the longest keyword of the code that the text begins with and that ends there: the
   text is over, or something follows that is neither letter nor digit.
"""

from dataclasses import dataclass

from imiconnect.numbers.kinds import Kind, State
from imiconnect.numbers.models import Number, ReservedKeyword, ReservedWord, ShortCode
from imiconnect.numbers.text import fold_word, without_punctuation

#: Keywords have at most 50 characters, which fold to at most this many.
_LONGEST = 200


@dataclass(frozen=True)
class Match:
    """What a text means on a code; at most one of the two is set."""

    keyword: Number | None = None
    reserved: ReservedWord | None = None


def candidates(text: str) -> list[str]:
    """Return the beginnings of a text that a keyword may be, folded, longest first."""
    folded = fold_word(text)[: _LONGEST + 1]
    first = folded.split(maxsplit=1)[0] if folded else ""
    ends = [
        end
        for end in range(1, len(first) + 1)
        if end == len(first) or not (first[end].isalnum() and first[end - 1].isalnum())
    ]
    return [first[:end] for end in reversed(ends) if end <= _LONGEST]


def meaning_of(text: str) -> ReservedWord | None:
    """Return the reserved word that a text begins with, if it does."""
    words = fold_word(text).split(maxsplit=1)
    word = without_punctuation(words[0]) if words else ""
    return ReservedWord.objects.filter(folded=word).first() if word else None


def match_on_code(text: str, code: ShortCode) -> Match:
    """Return what an incoming text on a short code means."""
    reserved = meaning_of(text)
    if reserved and reserved.meaning != ReservedWord.Meaning.RESERVED:
        return Match(reserved=reserved)
    wanted = candidates(text)
    rows = Number.objects.filter(
        kind=Kind.KEYWORD, short_code=code, state=State.ACTIVE, folded__in=wanted
    ).select_related("organization", "short_code")
    by_word = {row.folded: row for row in rows}
    return Match(keyword=next((by_word[word] for word in wanted if word in by_word), None))


def reserved_keyword_of(text: str, number: Number) -> ReservedKeyword | None:
    """Return the reserved keyword of a phone number that a text begins with, if any."""
    wanted = candidates(text)
    by_word = {row.folded: row for row in number.reserved_keywords.filter(folded__in=wanted)}
    return next((by_word[word] for word in wanted if word in by_word), None)
