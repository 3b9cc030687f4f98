"""The form of the addresses from which a key may be used."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.sources import checked_sources


class SourcesForm(ConsoleForm):
    """Addresses and networks, one a line; ``own`` is the address of the person's browser."""

    allowed_sources = forms.CharField(
        label=_("Allowed source addresses"),
        required=False,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, own: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sentence = _(
            "One IP address or network a line, like 203.0.113.7 or 198.51.100.0/24. Empty: the "
            "key works from anywhere."
        )
        yours = _("You are at %(address)s.") % {"address": own} if own else ""
        self.fields["allowed_sources"].help_text = f"{sentence} {yours}".strip()

    def clean(self) -> dict[str, Any]:
        """Return them in CIDR notation, or say which line is none."""
        lines = self.cleaned_data.get("allowed_sources", "").splitlines()
        return self.cleaned_data | {"allowed_sources": checked_sources(lines)}


def lines_of(sources: list[str]) -> dict[str, str]:
    """Return what the form begins with."""
    return {"allowed_sources": "\n".join(sources)}
