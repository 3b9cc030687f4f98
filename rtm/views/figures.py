"""Figures for the dashboard's charts, as JSON."""

from django.http import HttpRequest, HttpResponseBase

from imiconnect.accounts.access import member_required
from imiconnect.rtm.panels import minutes


@member_required()
def messages_per_minute(request: HttpRequest) -> HttpResponseBase:
    """Answer the messages of each of the last sixty minutes."""
    return minutes(request)["chart"].as_response()  # type: ignore[no-any-return]  # a Chart
