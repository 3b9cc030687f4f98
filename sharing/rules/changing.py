"""Changing what a rule waits for and what it does, with what hangs on either."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.sharing.forms import UrlField
from imiconnect.sharing.rules.checks import TEXT_LENGTH, VALUE_LENGTH, is_told
from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.services import update_rule
from imiconnect.sharing.rules.vocabulary import Action, Listens


class KindForm(ConsoleForm):
    """Another event or action, and what they need that the old ones did not."""

    listens = forms.ChoiceField(label=_("Event"), choices=Listens.choices)
    keywords = forms.CharField(
        label=_("Keywords"),
        max_length=VALUE_LENGTH,
        required=False,
        help_text=_("For the event Keyword, separated by commas."),
    )
    drop_conditions = forms.BooleanField(
        label=_("Drop conditions over what the event does not tell"), required=False
    )
    action = forms.ChoiceField(label=_("Action"), choices=Action.choices)
    text = forms.CharField(
        label=_("Text"),
        max_length=TEXT_LENGTH,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("For a message or a call."),
    )
    url = UrlField(field="url", label=_("URL"), help_text=_("For Notify a URL."))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a rule is to wait for and to do; empty texts keep what the rule has.

    Conditions stay where the event tells what they look at. Others are dropped with
    ``drop_conditions``, and refused without.
    """

    listens: str
    action: str
    text: str = ""
    url: str = ""
    keywords: str = ""
    drop_conditions: bool = False


def change_kind(*, rule: Rule, kind: Kind) -> Rule:
    """Change event and action of a rule; raises ``ValidationError`` by field."""
    conditions = [
        part
        for part in rule.conditions
        if not kind.drop_conditions or is_told(kind.listens, part["field"])
    ]
    if kind.listens == Listens.KEYWORD and kind.keywords.strip():
        keyword = {"field": "keyword", "operator": "one_of", "value": kind.keywords}
        conditions = [keyword, *(part for part in conditions if part["field"] != "keyword")]
    return update_rule(
        rule=rule,
        listens=kind.listens,
        action=kind.action,
        conditions=conditions,
        text=kind.text.strip() or rule.text,
        url=kind.url or rule.url,
        recipient=rule.recipient or "{{from}}",
    )
