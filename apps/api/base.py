"""What every REST view of apps shares: whose apps it serves."""

from typing import Any

from django.db.models import QuerySet

from imiconnect.accounts.roles import Act
from imiconnect.apps.models import App
from imiconnect.rest import MemberViewSet


class AppsViewSet(MemberViewSet):
    """A view of apps, of all types or of the one that ``channel_type`` names."""

    queryset = App.objects.none()
    channel_type = ""

    def get_queryset(self) -> QuerySet[Any]:
        """Return what may be seen; to change something, it must belong to one's level."""
        is_reading = self.act_of(self.action) == Act.READ
        rows = self.visible(App.objects.visible_to if is_reading else App.objects.at_or_below)
        return rows.filter(channel_type=self.channel_type) if self.channel_type else rows
