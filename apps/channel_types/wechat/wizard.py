"""CONFIGURE APPS > WECHAT: the account, what WeChat is told, on-boarding, SAVE."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.apps import services
from imiconnect.apps.channel_types.wechat.forms import (
    AccountForm,
    CallbackForm,
    OnboardingForm,
)
from imiconnect.apps.channel_types.wechat.type import TYPE
from imiconnect.apps.connection import hook_url
from imiconnect.wizards import Answers, Outcome, Step, Wizard

_NEXT = _(
    "Enter the CALLBACK URL and the CALLBACK TOKEN in the server settings of WeChat and save "
    "them there: WeChat calls this app to check them. Both are on the app's MANAGE page."
)


def _organization(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"organization": acting(request).organization}


class WeChatWizard(MemberRequiredMixin, Wizard):
    """The documented steps; the review is the page with SAVE."""

    act = Act.MANAGE_APPS
    section = "apps"
    name = f"configure-{TYPE.slug}"
    url_name = "apps:configure"
    title = _("Configure a WeChat app")
    confirm_label = _("SAVE")
    done_title = _("The application is created")
    already_title = _("This application was already created")
    already_text = _("Going back does not create it a second time.")
    steps = (
        Step(
            "account",
            _("Account"),
            AccountForm,
            heading=_("WeChat Official Account Details"),
        ),
        Step(
            "callback",
            _("Callback"),
            CallbackForm,
            template_name="apps/channel_types/wechat/callback.html",
            heading=_("Configurations in WeChat Official Account"),
        ),
        Step(
            "onboarding",
            _("On-boarding"),
            OnboardingForm,
            heading=_("Customer on-boarding setting (optional)"),
            kwargs=_organization,
        ),
    )

    def _show(self, step: Step, form: Any, answers: Answers, status: int = 200) -> Any:
        """Give the page of the callback its address."""
        if isinstance(form, CallbackForm):
            form.hook_url = hook_url(TYPE.slug, form.value("app_id"))  # type: ignore[attr-defined]  # for the page
        return super()._show(step, form, answers, status)

    def finish(self, answers: Answers) -> Outcome:
        """Create the app at the person's level."""
        account, callback = answers["account"], answers["callback"]
        app = services.create_app(
            member=acting(self.request),
            app_id=callback["app_id"],
            name=account["name"],
            channel_type=TYPE.slug,
            config={
                "appid": account["appid"],
                "mode": callback["mode"],
                **answers["onboarding"],
            },
            secrets={
                "appsecret": account["appsecret"],
                "token": callback["token"],
                "aes_key": callback["aes_key"],
            },
        )
        url = reverse("apps:manage", args=[app.pk])
        return Outcome(url, reference=app.app_id, words={"next": str(_NEXT)})
