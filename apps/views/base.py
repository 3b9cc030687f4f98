"""What the pages of one app share."""

from django.shortcuts import get_object_or_404

from imiconnect.accounts.access import Act
from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.addresses import address_of
from imiconnect.manage import ObjectMixin


def manage_url(app: App) -> str:
    """Return the address of an app's page."""
    return address_of("apps:manage", app.pk)


class AppMixin(ObjectMixin):
    """A page about one app."""

    section = "apps"

    def find(self, member: Member) -> App:
        """Return the app, or 404."""
        # Of the organization at hand, whose key would be decrypted for the row of a join.
        visible = member.organization.apps.visible_to(member)
        rows = visible.select_related("group", "team", "checkup")
        found: App = get_object_or_404(rows, pk=self.kwargs["app_id"])
        return found


class OwnAppMixin(AppMixin):
    """An act on an app: only at the level that owns it or above; a share gives no say."""

    act = Act.MANAGE_APPS

    def find(self, member: Member) -> App:
        """Return the app, or 404 where it is only shared with the person's level."""
        own = member.organization.apps.at_or_below(member)
        found: App = get_object_or_404(own, pk=self.kwargs["app_id"])
        return found
