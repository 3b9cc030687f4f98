"""What apps show on the dashboard: those that do not work."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.translation import gettext as _

from imiconnect.accounts.access import acting
from imiconnect.apps.health import broken_apps
from imiconnect.apps.models import App
from imiconnect.apps.views.base import manage_url
from imiconnect.console.panels import Attention

#: More are on the list of apps.
_SHOWN = 5


def attention(request: HttpRequest) -> Iterator[Attention]:
    """Yield the person's apps that have failed their health check."""
    for app in broken_apps(App.objects.visible_to(acting(request)))[:_SHOWN]:
        words = _("The app %(name)s does not work: %(problem)s")
        yield Attention(
            words % {"name": app.name, "problem": app.checkup.problem}, manage_url(app)
        )
