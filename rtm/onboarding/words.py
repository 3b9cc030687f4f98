"""What customers are told while they link themselves. No sentence tells who is known."""

from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words

#: Minutes within which the identifier and the one-time password are to be sent.
MINUTES = 10

ASK: dict[str, Words] = {
    "msisdn": _("To link your account, send your mobile number with its country code."),
    "customerid": _("To link your account, send your customer ID."),
    "email": _("To link your account, send your e-mail address."),
}
CODE_SENT = _(
    "If we know you by that, you get a one-time password by SMS. Send it here within "
    "%(minutes)s minutes."
)
SMS = _(
    "%(code)s is your one-time password to link your account. It is good for %(minutes)s "
    "minutes. Give it to nobody who calls you."
)
WRONG = _("That is not the one-time password. Tries left: %(left)s.")
TOO_MANY_WRONG = _("That was not the one-time password. Send %(keyword)s to begin again.")
OVER = _("The one-time password is no longer good. Send %(keyword)s to get another one.")
LINKED = _("Your account is linked. Send %(keyword)s to end that.")
UNLINKED = _("Your account is no longer linked. Send %(keyword)s to link it again.")
NOT_LINKED = _("Your account is not linked by that. Send %(keyword)s to link it.")
TOO_OFTEN = _("You have asked for too many one-time passwords. Please try again in an hour.")
NOT_OFFERED = _("Accounts cannot be linked here at present.")
