"""Hearing what a caller said, and deleting it."""

import re
import uuid
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting, member_required
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.toasts import toast
from imiconnect.rtm.models import Recording
from imiconnect.rtm.telecom import recordings

_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


@require_GET
@member_required(Act.READ)
def recording(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Send the sound to a person who may see the call; others get 404."""
    rows = Recording.objects.visible_to(acting(request))
    return sound_of(get_object_or_404(rows, pk=key), request)


def sound_of(row: Recording, request: Any) -> HttpResponse:
    """Return the sound, or the part that a player asks for (RFC 9110, section 14).

    Raises ``Http404`` while, or where, there is none. It is kept by no cache.
    """
    if not row.path or not default_storage.exists(row.path):
        raise Http404
    with default_storage.open(row.path) as file:
        data = file.read()
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    answer = HttpResponse(data, content_type=row.content_type)
    if asked:
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        if first > last:
            answer = HttpResponse(status=416)
            answer["Content-Range"] = f"bytes */{len(data)}"
        else:
            part = data[first : last + 1]
            answer = HttpResponse(part, content_type=row.content_type, status=206)
            answer["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    ending = "wav" if row.content_type == "audio/wav" else "mp3"
    kind = "attachment" if "download" in request.GET else "inline"
    answer["Content-Disposition"] = f'{kind}; filename="recording-{row.pk}.{ending}"'
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class DeleteRecording(MemberRequiredMixin, ConfirmPage):
    """Deleting what a caller said; the call stays in the log."""

    act = Act.MANAGE_CUSTOMERS
    section = "messages"
    title = _("Delete the recording")
    act_label = _("Delete the recording")
    keep_label = _("Keep the recording")
    back_label = _("Message")

    @cached_property
    def recording(self) -> Recording:
        """The recording of the address; others are 404."""
        rows = Recording.objects.visible_to(acting(self.request))
        found: Recording = get_object_or_404(rows, pk=self.kwargs["key"])
        return found

    @property
    def back_url(self) -> str:  # type: ignore[override]  # depends on the recording
        """The call."""
        return reverse("rtm:journey", args=[self.recording.message_id])

    def get_object_name(self) -> str:
        """Return who spoke, when, and how long."""
        words = _("Call of +{caller} to +{line}, {seconds} s")
        row = self.recording
        return words.format(caller=row.address, line=row.line, seconds=row.seconds)

    def consequences(self) -> list[Any]:
        """Say what is lost and what stays."""
        return [_("Nobody can hear it any more."), _("The call stays in the log.")]

    def perform(self) -> str:
        """Delete it."""
        recordings.remove(recording=self.recording)
        toast(self.request, _("The recording is deleted."))
        return self.back_url
