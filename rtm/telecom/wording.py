"""What a country asks of the wording of a text, as far as a machine can tell. Without I/O."""

import re
from collections.abc import Collection

from django.utils.translation import gettext as _

from imiconnect.numbers.carriers.messaging import SenderKind
from imiconnect.numbers.models import SmsContentRule
from imiconnect.numbers.text import fold_word

Kind = SmsContentRule.Kind
#: An address with its scheme, with a path, or with an ending that no sentence goes on with.
_LINK = re.compile(
    r"https?://|\bwww\.|\b[\w-]+\.[a-z]{2,}/"
    r"|\b[\w-]+\.(?:com|net|org|info|biz|io|app|link|ly)\b",
    re.IGNORECASE,
)
#: A date has as many digits as a telephone number.
_DATE = re.compile(
    r"(?<!\w)(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{4})(?!\w)"
)
#: Seven digits or more, which may have marks between them.
_PHONE = re.compile(r"(?<!\w)\+?\d(?:[\s().-]?\d){6,}(?!\w)")
_OPT_OUT = re.compile(r"\bopt[\s-]?out\b", re.IGNORECASE)


def lacks(
    kind: str,
    value: str,
    *,
    text: str,
    sender: str,
    sender_kind: SenderKind,
    opt_out_words: Collection[str],
) -> bool:
    """Tell whether a text does not have what a rule asks for.

    ``opt_out_words`` are folded. Rules about the Sender ID are about names alone.
    """
    match kind:
        case Kind.NO_LINKS:
            return bool(_LINK.search(text))
        case Kind.NO_PHONE_NUMBERS:
            return bool(_PHONE.search(_DATE.sub("#", text)))
        case Kind.BEGINS_WITH:
            return not fold_word(text).startswith(fold_word(value))
        case Kind.SENDER_BEGINS_WITH:
            is_name = sender_kind == SenderKind.ALPHANUMERIC
            return is_name and not fold_word(sender).startswith(fold_word(value))
    said = set(re.findall(r"\w+", fold_word(text)))
    return not (said & set(opt_out_words) or _OPT_OUT.search(text))


def sentence(kind: str, value: str, country: str) -> str:
    """Return what a person reads of a text that a rule refuses."""
    sentences = {
        Kind.NO_LINKS: _("Texts to %(country)s must not have links."),
        Kind.NO_PHONE_NUMBERS: _("Texts to %(country)s must not have phone numbers."),
        Kind.BEGINS_WITH: _("Promotional texts to %(country)s begin with %(value)s."),
        Kind.SENDER_BEGINS_WITH: _(
            "Promotional Sender IDs in %(country)s begin with %(value)s."
        ),
        Kind.NAMES_OPT_OUT: _("Promotional texts to %(country)s say how to opt out."),
    }
    return sentences[Kind(kind)] % {"country": country, "value": value}
