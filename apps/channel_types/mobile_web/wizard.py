"""CONFIGURE APPS > MOBILE / WEB: name, platform, OS or browser, configurations, SAVE."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.apps import services
from imiconnect.apps.channel_types.mobile_web.downloads import FILES, systems_of
from imiconnect.apps.channel_types.mobile_web.forms import (
    ConfigurationForm,
    NameForm,
    PlatformForm,
    SystemsForm,
)
from imiconnect.apps.channel_types.mobile_web.push import steps as push_steps
from imiconnect.apps.channel_types.mobile_web.snippets import sdk_snippet
from imiconnect.apps.channel_types.mobile_web.type import TYPE
from imiconnect.apps.models import App
from imiconnect.apps.policy import Policy
from imiconnect.apps.push.services import configure_push
from imiconnect.keys import masked
from imiconnect.wizards import Answers, Outcome, Step, Wizard


def _platform(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"platform": answers.value("platform", "platform")}


class MobileWebWizard(MemberRequiredMixin, Wizard):
    """The documented steps; the review is the page with SAVE."""

    act = Act.MANAGE_APPS
    section = "apps"
    name = f"configure-{TYPE.slug}"
    url_name = "apps:configure"
    title = _("Configure a mobile or web app")
    confirm_label = _("SAVE")
    done_title = _("The application is created")
    already_title = _("This application was already created")
    already_text = _("Going back does not create it a second time.")
    done_template = TYPE.done_template
    steps = (
        Step("name", _("Name"), NameForm, heading=_("What is the application called?")),
        Step("platform", _("Platform"), PlatformForm, heading=_("Where does it run?")),
        Step(
            "system",
            _("OS or browser"),
            SystemsForm,
            heading=_("On which OS or browser?"),
            kwargs=_platform,
        ),
        *push_steps.steps(),
        Step(
            "configuration",
            _("Configuration"),
            ConfigurationForm,
            heading=_("How may devices connect?"),
        ),
    )

    def finish(self, answers: Answers) -> Outcome:
        """Create the app at the person's level."""
        with transaction.atomic():
            app = services.create_app(
                member=acting(self.request),
                name=answers["name"]["name"],
                channel_type=TYPE.slug,
                config={
                    "platform": answers["platform"]["platform"],
                    "systems": answers["system"]["systems"],
                },
                policy=Policy(**answers["configuration"]),
            )
            for platform, credentials in push_steps.chosen(answers).items():
                configure_push(app=app, platform=platform, credentials=credentials)
        url = reverse("apps:manage", args=[app.pk])
        return Outcome(url, reference=app.app_id, words={"id": str(app.pk)})

    def done_context(self, run: dict[str, Any]) -> dict[str, Any]:
        """Show the client key in full at the first look, masked from then on."""
        words = run["outcome"]["words"]
        app = App.objects.filter(pk=words["id"]).first()
        if app is None:
            return {}
        secret = services.current_client_key(app).secret
        first_look = "seen" not in words
        words["seen"] = "yes"
        self._keep(run)
        shown = secret if first_look else masked(secret)
        return {
            "app": app,
            "sdk_files": [(name, FILES[name][0]) for name in systems_of(app)],
            "may_download": acting(self.request).can(Act.REVEAL_SECRETS),
            "client_key": shown,
            "first_look": first_look,
            "snippet": sdk_snippet(app.app_id, shown),
        }
