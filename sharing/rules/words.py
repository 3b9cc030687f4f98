"""A rule in sentences, for lists, pages and the REST interface."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from imiconnect.sharing.rules.models import Rule
from imiconnect.sharing.rules.vocabulary import Action, Operator, channel_name, fields_of


def condition_words(listens: str, part: Mapping[str, str]) -> str:
    """Return one condition, such as: Text contains “loan”."""
    name = fields_of(listens).get(part["field"], part["field"])
    operator = Operator(part["operator"]).label.partition(" (")[0]
    return f"{name} {operator} “{part['value']}”"


def event_words(rule: Rule) -> str:
    """Return what a rule waits for, and where."""
    where = rule.app if rule.app_id else rule.channel and channel_name(rule.channel)
    event = rule.get_listens_display()
    return _("%(event)s by %(where)s") % {"event": event, "where": where} if where else event


def action_words(rule: Rule) -> str:
    """Return what a rule does, in a line."""
    is_own = rule.recipient == "{{from}}"
    if rule.action == Action.URL:
        return _("Notify %s") % rule.url
    if rule.action == Action.CALL:
        return _("Call the customer") if is_own else _("Call %s") % rule.recipient
    way: Any = rule.send_app if rule.send_app_id else None
    if way is None and rule.send_channel:
        way = channel_name(rule.send_channel)
    words = {"to": _("the customer") if is_own else rule.recipient, "way": way}
    if rule.template:
        sentence = (
            _("Send a template to %(to)s by %(way)s") if way else _("Send a template to %(to)s")
        )
        return sentence % words
    return _("Send to %(to)s by %(way)s") % words if way else _("Send to %(to)s") % words
