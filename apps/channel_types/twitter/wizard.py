"""CONFIGURE APPS > TWITTER: name, ADD TWITTER ACCOUNT, SAVE."""

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.twitter.type import TYPE
from imiconnect.apps.linked_wizard import AppNameForm, LinkedWizard, account_step
from imiconnect.wizards import Step


class TwitterWizard(LinkedWizard):
    """The documented steps."""

    kind = TYPE
    name = f"configure-{TYPE.slug}"
    title = _("Configure a Twitter account")
    done_title = _("The Twitter account is configured")
    steps = (
        Step("name", _("Name"), AppNameForm, heading=_("What is the Twitter app called?")),
        account_step(TYPE, _("Twitter Application Details")),
    )
