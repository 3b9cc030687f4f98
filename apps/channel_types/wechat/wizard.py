"""CONFIGURE APPS > WECHAT: the account, what WeChat is told, on-boarding, SAVE."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import acting
from imiconnect.apps import services
from imiconnect.apps.channel_types.wechat.forms import (
    AccountForm,
    CallbackForm,
    OnboardingForm,
)
from imiconnect.apps.channel_types.wechat.type import TYPE
from imiconnect.apps.connection import hook_url
from imiconnect.apps.provider_wizard import ProviderWizard
from imiconnect.wizards import Answers, Outcome, Step

_NEXT = _(
    "Enter the CALLBACK URL and the CALLBACK TOKEN in the server settings of WeChat and save "
    "them there: WeChat calls this app to check them. Both are on the app's MANAGE page."
)


def _organization(request: HttpRequest, answers: Answers) -> dict[str, Any]:
    return {"organization": acting(request).organization}


class WeChatWizard(ProviderWizard):
    """The documented steps; the review is the page with SAVE."""

    kind = TYPE
    name = f"configure-{TYPE.slug}"
    title = _("Configure a WeChat app")
    done_title = _("The application is created")
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
        return self.made(app, next=str(_NEXT))
