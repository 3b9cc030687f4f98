"""Forms of the desk."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.console.forms import ConsoleForm
from imiconnect.rtm.desk import services


class ReplyForm(ConsoleForm):
    """An answer."""

    text = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea({"rows": 3}),
        max_length=services.MAX_TEXT,
        error_messages={"required": _("Enter your answer")},
    )


class AgentForm(ConsoleForm):
    """An agent of the list."""

    agent = forms.ModelChoiceField(
        queryset=Member.objects.none(),
        label=_("Agent"),
        empty_label=None,
        error_messages={"required": _("Select the agent")},
    )

    def __init__(self, *args: Any, agents: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = agents
        field.label_from_instance = _name_of  # type: ignore[method-assign]  # documented


def _name_of(obj: Any) -> str:
    return str(obj.user.name)
