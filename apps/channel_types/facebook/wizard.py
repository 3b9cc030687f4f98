"""CONFIGURE APPS > FACEBOOK: name, page, SAVE."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.type import TYPE
from imiconnect.apps.linked_wizard import AppNameForm, LinkedWizard, account_step
from imiconnect.wizards import Step


class FacebookWizard(LinkedWizard):
    """The documented steps."""

    kind = TYPE
    name = f"configure-{TYPE.slug}"
    title = _("Configure a Facebook page")
    done_title = _("The Facebook page is configured")
    steps = (
        Step("name", _("Name"), AppNameForm, heading=_("What is the Facebook channel called?")),
        account_step(TYPE, _("Which Facebook page?")),
    )
