"""Forms of the desk."""

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Member
from imiconnect.console.forms import ConsoleForm
from imiconnect.rtm.desk import services
from imiconnect.rtm.desk.files import MOST_BYTES, MOST_FILES, Attached, Limits


class _FilesInput(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Any number of files; what they may be is for the service to say."""

    widget = _FilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """Return the files that were chosen; none is none."""
        single = super().clean
        return [single(file, initial) for file in data or ()]


class ReplyForm(ConsoleForm):
    """An answer: a text, files, or both; ``limits`` is what the channel takes."""

    unmarked = ("text",)

    text = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea({"rows": 3}),
        max_length=services.MAX_TEXT,
        required=False,
    )

    def __init__(self, *args: Any, limits: Limits, **kwargs: Any) -> None:
        """Say what the channel takes; one that takes no files has no such field."""
        super().__init__(*args, **kwargs)
        if not limits.sizes:
            return
        field = _FilesField(
            label=_("Files"), required=False, allow_empty_file=True, help_text=limits.words
        )
        self.fields["files"] = field
        field.widget.attrs |= {
            "accept": ",".join(limits.sizes),
            "data-desk-files": json.dumps(dict(limits.sizes)),
            "data-most-files": MOST_FILES,
            "data-most-bytes": MOST_BYTES,
        }

    def clean(self) -> dict[str, Any]:
        """Hold that there is something to send."""
        values = super().clean() or self.cleaned_data
        if not self.errors and not values["text"].strip() and not values.get("files"):
            self.add_error("text", _("Enter your answer"))
        return values

    def forget_files(self) -> None:
        """Say that files are to be chosen again, for a browser does not keep them."""
        if self.files and "files" in self.fields:
            again = _("Choose the files again.")
            self["files"].help_text = f"{again} {self['files'].help_text}"

    def attached(self) -> list[Attached]:
        """Return the files, read whole."""
        return [
            Attached(str(file.name), str(file.content_type or ""), file.read())
            for file in self.cleaned_data.get("files", ())
        ]


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
