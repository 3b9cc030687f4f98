"""What an organization sets on its own phone number: URLs and reserved keywords."""

import re
from functools import partial

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.audit.services import record
from imiconnect.callback_urls import checked_url
from imiconnect.numbers.kinds import State
from imiconnect.numbers.models import Number, PhoneLine, ReservedKeyword
from imiconnect.numbers.ports import answers
from imiconnect.numbers.services import history
from imiconnect.numbers.text import fold_word

#: A later release of the product documents these bounds (facts/imiconnect.md, section 5).
WORD = re.compile(r"[^\W_]{3,30}")
MAX_RESERVED = 50


def _line(number: Number) -> PhoneLine:
    line = PhoneLine.objects.select_for_update().filter(number=number).first()
    if line is None or number.state != State.ACTIVE:
        raise ValidationError(_("Only an active phone number can be set up."))
    return line


def _tell(number: Number) -> None:
    for changed in answers.changed:
        transaction.on_commit(partial(changed, number), robust=True)


@transaction.atomic
def set_urls(
    *, member: Member, number: Number, incoming_call_url: str, incoming_sms_url: str
) -> PhoneLine:
    """Change where incoming calls and messages go; empty URLs leave them to the services.

    Raises ``ValidationError`` by field, also for what the number cannot do.
    """
    history.own(member, number)
    line = _line(number)
    before = {"call": line.incoming_call_url, "sms": line.incoming_sms_url}
    if incoming_call_url.strip() and not number.voice:
        raise ValidationError({"incoming_call_url": [_("This number takes no calls.")]})
    if incoming_sms_url.strip() and not number.sms:
        raise ValidationError({"incoming_sms_url": [_("This number takes no SMS.")]})
    line.incoming_call_url = checked_url(incoming_call_url, field="incoming_call_url")
    line.incoming_sms_url = checked_url(incoming_sms_url, field="incoming_sms_url")
    after = {"call": line.incoming_call_url, "sms": line.incoming_sms_url}
    if after != before:
        line.save(update_fields=["incoming_call_url", "incoming_sms_url"])
        record("phone_number.urls_changed", number, before=before, after=after)
        _tell(number)
    return line


@transaction.atomic
def reserve_keyword(*, member: Member, number: Number, word: str, url: str) -> ReservedKeyword:
    """Reserve a word on a phone number: messages with it go to ``url`` only."""
    history.own(member, number)
    _line(number)
    word = word.strip()
    if not WORD.fullmatch(word):
        raise ValidationError(
            {"word": [_("Keyword must have 3 to 30 letters and digits, without spaces.")]}
        )
    if not url.strip():
        raise ValidationError({"url": [_("Enter the callback URL.")]})
    if number.reserved_keywords.count() >= MAX_RESERVED:
        raise ValidationError({"word": [_("A number can have 50 reserved keywords.")]})
    try:
        with transaction.atomic():
            kept: ReservedKeyword = number.reserved_keywords.create(
                word=word, folded=fold_word(word), url=checked_url(url, field="url")
            )
    except IntegrityError:
        raise ValidationError({"word": [_("This word is reserved already.")]}) from None
    record("phone_number.keyword_reserved", number, after={"word": word, "url": url})
    _tell(number)
    return kept


@transaction.atomic
def free_keyword(*, member: Member, number: Number, keyword: ReservedKeyword) -> None:
    """Take a reserved word off a phone number again."""
    history.own(member, number)
    number.reserved_keywords.filter(pk=keyword.pk).delete()
    record("phone_number.keyword_freed", number, before={"word": keyword.word})
    _tell(number)
