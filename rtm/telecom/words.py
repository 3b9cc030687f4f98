"""The words by which customers leave, come back and ask for help, and what they are told."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words
from imiconnect.numbers.matching import meaning_of
from imiconnect.numbers.models import ReservedWord
from imiconnect.numbers.text import fold_word, without_punctuation
from imiconnect.rtm.models import OptWord

Meaning = OptWord.Meaning
#: What is said where the organization has set no reply; the sender is filled in.
REPLIES: dict[str, Words] = {
    Meaning.OPT_OUT: _("You get no more messages from %(sender)s. START brings them back."),
    Meaning.OPT_IN: _("You get messages from %(sender)s again. STOP ends them."),
    Meaning.HELP: _("%(organization)s: send STOP to %(sender)s to get no more messages."),
}


@dataclass(frozen=True)
class Said:
    """What a word means; ``reply`` is None where the usual one is meant."""

    word: str
    meaning: str
    reply: str | None = None


def said_by(text: str, organization_id: uuid.UUID | None) -> Said | None:
    """Return what the first word of a text does, or None for an ordinary text.

    The organization's own word goes before the platform's of the same spelling.
    """
    words = fold_word(text).split(maxsplit=1)
    first = without_punctuation(words[0]) if words else ""
    if not first:
        return None
    if organization_id:
        own = OptWord.objects.filter(organization=organization_id, folded=first).first()
        if own:
            return Said(own.word, own.meaning, own.reply)
    reserved = meaning_of(text)
    if reserved is None or reserved.meaning == ReservedWord.Meaning.RESERVED:
        return None
    return Said(reserved.word, reserved.meaning)


def own_word(text: str, organization_id: uuid.UUID) -> tuple[str, Words] | None:
    """Return the organization's own word that a text begins with, and what it does."""
    said = said_by(text, organization_id)
    if said is None or said.reply is None:
        return None
    return said.word, Meaning(said.meaning).label
