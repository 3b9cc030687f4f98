"""A small file that a form takes and a wizard keeps: as text, in the encrypted session."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

MAX_BYTES = 64 * 1024
_NAME = re.compile(r"[^\w. ()-]+")


@dataclass(frozen=True)
class Upload:
    """A file as a form has read it."""

    name: str
    content: bytes

    def __str__(self) -> str:
        return self.name


class UploadInput(forms.FileInput):
    """A file field whose value is text, ``<name>:<base64>``, from the file or kept before."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Return the text of the chosen file, else what the wizard has kept."""
        chosen = files.get(name) if files else None
        if chosen is None:
            kept = data.get(name, "")
            return kept if isinstance(kept, str) else ""
        content = chosen.read(MAX_BYTES + 1)
        label = _NAME.sub("_", chosen.name)[-100:]
        return f"{label}:{base64.b64encode(content).decode()}"

    def format_value(self, value: Any) -> None:
        """Return nothing: a browser takes no file from a page."""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether neither a file nor a kept one is there."""
        return name not in data and name not in (files or {})


class UploadField(forms.Field):
    """A file of at most 64 KB, as ``Upload``; None where it may be left out and is."""

    widget = UploadInput

    def to_python(self, value: Any) -> Upload | None:
        """Decode what the widget returned."""
        if not value:
            return None
        name, _colon, text = value.rpartition(":")
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise forms.ValidationError(_("Choose the file again.")) from None
        if len(content) > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 64 KB."))
        return Upload(name, content)


def with_uploads(request: HttpRequest) -> QueryDict:
    """Return what was sent, each file as the text that ``UploadField`` reads."""
    sent = request.POST.copy()
    for name in request.FILES:
        sent[name] = UploadInput().value_from_datadict(sent, request.FILES, name)
    return sent
