"""Keywords: checking a word, choosing its short code, asking for it.

On an own dedicated code a keyword is active at once, for it concerns nobody else; on a
shared default code support looks at it first. That a word is on a code once is a
constraint of the database.
"""

import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from imiconnect.accounts.models import Member
from imiconnect.numbers.kinds import LIVE, Choice, Kind, State
from imiconnect.numbers.models import KeywordDetails, Number, ReservedWord, ShortCode
from imiconnect.numbers.numbering import to_e164
from imiconnect.numbers.ports import answers
from imiconnect.numbers.services import history
from imiconnect.numbers.text import fold_word, skeleton, without_punctuation

MAX_LENGTH = 50
_MAX_FOLDED = 200
_TRIES = 10
#: The nine details of the form, with the longest that each may be.
DETAILS = {
    "email": 254,
    "company_name": 150,
    "mailing_address": 500,
    "contact_name": 150,
    "contact_number": 16,
    "service_name": 150,
    "service_website": 300,
    "is_existing_website": 0,
    "service_content": 2000,
}


@dataclass(frozen=True)
class Wish:
    """What the form asks for beside the details."""

    keyword: str
    choice: str
    desired_short_code: str = ""
    assign_random: bool = False


@dataclass(frozen=True)
class Preview:
    """What Submit would do now: the code that would be given, and what to think about."""

    code: ShortCode | None
    problem: str = ""
    warnings: list[str] = field(default_factory=list)


def checked_word(keyword: str) -> str:
    """Return the keyword as it is kept; raises ``ValidationError`` at ``keyword``."""
    word = keyword.strip()
    problem = ""
    if not word:
        problem = _("Enter the desired keyword.")
    elif any(letter.isspace() for letter in word):
        problem = _("Keyword must not contain spaces.")
    elif len(word) > MAX_LENGTH or len(fold_word(word)) > _MAX_FOLDED:
        problem = _("Keyword must be 50 characters or fewer.")
    elif not word.isprintable() or not any(letter.isalnum() for letter in word):
        problem = _("Keyword must have letters or digits that can be seen.")
    elif any(letter.isspace() for letter in fold_word(word)):
        problem = _("Keyword must not contain spaces.")
    else:
        reserved = ReservedWord.objects.filter(folded=fold_word(word)).first()
        if reserved:
            problem = _("%(word)s is reserved (%(meaning)s). Choose another keyword.") % {
                "word": reserved.word,
                "meaning": reserved.get_meaning_display(),
            }
    if problem:
        raise ValidationError({"keyword": [problem]})
    return word


def warnings_for(
    word: str, code: ShortCode | None, organization_id: uuid.UUID | None = None
) -> list[str]:
    """Return what to think about: words that shadow it, and keywords that look like it.

    With an organization also its own opt-out, opt-in and help words.
    """
    found = []
    own = answers.own_word(word, organization_id) if organization_id else None
    if own:
        found.append(
            _(
                "%(own)s is a word of your own (%(meaning)s): whoever sends this keyword gets "
                "that too. See Customers > Opt-outs."
            )
            % {"own": own[0], "meaning": own[1]}
        )
    bare = without_punctuation(fold_word(word))
    shadow = ReservedWord.objects.filter(folded=bare).first()
    if shadow:
        found.append(
            _("An incoming %(word)s is taken as %(shadow)s, so this keyword never gets it.")
            % {"word": word, "shadow": shadow.word}
        )
    looks = skeleton(word)
    for reserved in ReservedWord.objects.all():
        if not shadow and skeleton(reserved.word) == looks:
            found.append(_("It looks like the reserved word %s.") % reserved.word)
    if code:
        twins = Number.objects.live().filter(kind=Kind.KEYWORD, short_code=code, skeleton=looks)
        if twins.exclude(folded=fold_word(word)).exists():
            found.append(_("It looks like another keyword on %s.") % code.code)
    return found


def own_codes(organization_id: object) -> Sequence[ShortCode]:
    """Return the organization's own active codes."""
    rows = ShortCode.objects.owned_by(organization_id).select_related("country")
    return list(rows.order_by("code").distinct())


def default_codes() -> Sequence[ShortCode]:
    """Return the shared default codes."""
    rows = ShortCode.objects.in_use().filter(is_shared=True).select_related("country")
    return list(rows.order_by("code"))


def is_free(word: str, code: ShortCode) -> bool:
    """Tell whether nobody has the word on the code."""
    taken = Number.objects.filter(
        kind=Kind.KEYWORD, short_code=code, folded=fold_word(word), state__in=LIVE
    )
    return not taken.exists()


def preview(*, member: Member, wish: Wish) -> Preview:
    """Return what Submit would give; raises ``ValidationError`` for the word itself.

    ``problem`` says why it would be refused: nothing is free, or the code cannot be had.
    """
    word = checked_word(wish.keyword)
    try:
        code = _choose(member, word, wish)
    except ValidationError as error:
        warnings = warnings_for(word, None, member.organization_id)
        return Preview(None, " ".join(error.messages), warnings)
    return Preview(code, "", warnings_for(word, code, member.organization_id))


def _choose(member: Member, word: str, wish: Wish) -> ShortCode:
    """Return the code to put the word on; raises ``ValidationError`` when there is none."""
    if wish.choice not in Choice.values:
        raise ValidationError({"choice": [_("Select the short code type.")]})
    if wish.choice == Choice.RANDOM:
        return _random(word)
    desired = "".join(wish.desired_short_code.split())
    if not desired:
        raise ValidationError({"desired_short_code": [_("Enter the desired short code.")]})
    code = _named(member, desired)
    if code is not None and is_free(word, code):
        return code
    if wish.assign_random:
        return _random(word)
    why = _("%s is not a short code of yours and not a shared default code.") % desired
    if code is not None:
        why = _("%(word)s is taken on %(code)s.") % {"word": word, "code": code.code}
    raise ValidationError({"desired_short_code": [why]})


def _named(member: Member, desired: str) -> ShortCode | None:
    """Return the code with these digits: an own one first, else a shared default code."""
    own = [code for code in own_codes(member.organization_id) if code.code == desired]
    shared = [code for code in default_codes() if code.code == desired]
    return next(iter([*own, *shared]), None)


def _random(word: str) -> ShortCode:
    free = [code for code in default_codes() if is_free(word, code)]
    if not free:
        raise ValidationError(
            {"keyword": [_("No shared default short code is free for this keyword just now.")]}
        )
    return secrets.choice(free)


def checked_details(details: dict[str, Any]) -> dict[str, Any]:
    """Return the nine details; raises ``ValidationError`` by field."""
    problems: dict[str, list[str]] = {}
    values = {name: details.get(name, "") for name in DETAILS}
    for name, longest in DETAILS.items():
        if not longest:
            continue
        values[name] = str(values[name]).strip()
        if not values[name]:
            problems[name] = [_("Enter the %s.") % _label(name)]
        elif name != "contact_number" and len(values[name]) > longest:
            problems[name] = [
                _("%(label)s must be %(count)s characters or fewer.")
                % {"label": _label(name).capitalize(), "count": longest}
            ]
    checks: dict[str, tuple[Callable[[Any], None], str]] = {
        "email": (validate_email, _("Enter an e-mail address, like name@example.com.")),
        "service_website": (_is_website, _("Enter a web address, like https://example.com.")),
    }
    for name, (check, sentence) in checks.items():
        try:
            if name not in problems:
                check(values[name])
        except ValidationError:
            problems[name] = [sentence]
    return _with_number(values, problems)


_is_website = URLValidator(["https", "http"])


def _with_number(values: dict[str, Any], problems: dict[str, list[str]]) -> dict[str, Any]:
    values["is_existing_website"] = bool(values["is_existing_website"])
    if "contact_number" not in problems:
        values["contact_number"] = to_e164(values["contact_number"]) or ""
        if not values["contact_number"]:
            problems["contact_number"] = [
                _("Enter the primary contact number with country code, like +44 20 7946 0018.")
            ]
    if problems:
        raise ValidationError(problems)
    return values


def _label(name: str) -> str:
    label = str(KeywordDetails._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return label[:1].lower() + label[1:]


def asked_for(member: Member, number_id: str) -> dict[str, Any]:
    """Return what the form of an own keyword was filled in with; empty for none such."""
    try:
        key = uuid.UUID(number_id)
    except ValueError:
        return {}
    numbers = Number.objects.visible_to(member)
    details = KeywordDetails.objects.filter(number__in=numbers, pk=key).first()
    if details is None:
        return {}
    kept = {name: getattr(details, name) for name in (*DETAILS, "choice", "desired_short_code")}
    yes = "yes" if details.is_existing_website else "no"
    return kept | {"keyword": details.number.value, "is_existing_website": yes}


def request_keyword(*, member: Member, wish: Wish, **details: Any) -> Number:
    """Ask for a keyword with its nine details.

    Raises ``ValidationError`` by field. Where a random code was taken between the choice
    and the insert, another one is tried; where a named one was, it is refused.
    """
    history.may_manage(member)
    word = checked_word(wish.keyword)
    kept = checked_details(details)
    for _try in range(_TRIES):
        code = _choose(member, word, wish)
        try:
            return _insert(member, word, code, wish, kept)
        except IntegrityError:
            if is_free(word, code):
                raise
    raise ValidationError({"keyword": [_("This keyword was taken a moment ago.")]})


@transaction.atomic
def _insert(
    member: Member, word: str, code: ShortCode, wish: Wish, details: dict[str, Any]
) -> Number:
    rows = code.numbers.active().filter(organization=member.organization_id)
    # Locked, so that the code is not released before the keyword stands on it.
    own = rows.filter(kind=Kind.SHORT_CODE, is_dedicated=True).select_for_update().first()
    if own is None and not code.is_shared:
        raise ValidationError({"desired_short_code": [_("%s is being released.") % code]})
    number = history.create(
        member=member,
        kind=Kind.KEYWORD,
        value=word,
        text=_("Requested on %s") % code.code,
        state=State.ACTIVE if own else State.PENDING,
        short_code=code,
        country=code.country,
    )
    KeywordDetails.objects.create(
        number=number,
        choice=wish.choice,
        desired_short_code=wish.desired_short_code[:8],
        **details,
    )
    return number
