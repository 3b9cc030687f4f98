"""Trying a callback URL before it is saved; saving it anyway is a person's choice."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from imiconnect import outbound


def check_answers(url: str, *, field: str, save_anyway: bool) -> str:
    """Try ``url`` and return what came back in words, empty for no URL.

    Raises ``ValidationError`` on ``field`` when it did not answer and ``save_anyway`` is not
    set; an address that is not allowed cannot be saved at all. Waits for the network: call
    it outside of any transaction.
    """
    if not url:
        return ""
    found = outbound.probe(url)
    if found.passed or (save_anyway and found.may_save):
        return str(found.words)
    if not found.may_save:
        raise ValidationError({field: [found.words]})
    sentence = _(
        "%(words)s Correct the URL, or tick “Save this URL even when the test call fails”."
    )
    raise ValidationError({field: [sentence % {"words": found.words}]})
