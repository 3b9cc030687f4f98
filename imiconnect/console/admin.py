"""Forms that were sent, for support staff."""

from django.contrib import admin

from imiconnect.console.models import Submission
from imiconnect.support import ReadOnlyAdmin


@admin.register(Submission)
class SubmissionAdmin(ReadOnlyAdmin):
    """Which form was sent when, so that a second click does nothing."""

    list_display = ("token", "user_id", "path", "location", "finished", "created")
    list_filter = ("finished",)
    list_select_related = ("user",)
    exact = ("token", "path")
    ordering = ("-created",)
