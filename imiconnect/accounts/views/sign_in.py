"""django-allauth's pages on the console's templates; errors answer 422."""

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as usersessions
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import PageMixin
from imiconnect.console.words import Words


class _Page(PageMixin):
    """Title, introduction and button of a page whose form allauth handles.

    ``layout`` is the template around it: the entrance for those not signed in yet.
    """

    template_name = "account/form.html"
    layout = "account/entrance.html"
    intro: Words = ""
    submit_label: Words = _("SAVE")
    danger = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the words of the page to the context."""
        context = super().get_context_data(**kwargs)
        for name in ("layout", "intro", "submit_label", "danger"):
            context.setdefault(name, getattr(self, name))
        return context

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Answer 422 with everything kept."""
        context = self.get_context_data(form=form)
        return self.render_to_response(context, status=422)  # type: ignore[attr-defined, no-any-return]  # of the view beside


class _OwnPage(_Page):
    """A page of the own account."""

    layout = "base.html"
    back_url = reverse_lazy("accounts:account")
    back_label = _("Your account")


class SignIn(_Page, account.LoginView):
    """E-mail address and password."""

    template_name = "account/login.html"
    title = _("Sign in")
    submit_label = _("Sign in")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a business without an account may ask for a trial."""
        offered = settings.TRIAL_SIGN_UP
        return super().get_context_data(**kwargs, trials_offered=offered)


class SignOut(_OwnPage, account.LogoutView):
    """A page with one button; the menu posts here at once."""

    template_name = "account/logout.html"
    title = _("Sign out")


class SignUp(_Page, account.SignupView):
    """Always closed: says whom to ask."""

    template_name_signup_closed = "account/signup_closed.html"
    title = _("Accounts are by invitation")


class ForgottenPassword(_Page, account.PasswordResetView):
    """Mails a link to set a new password; says the same for an unknown address."""

    title = _("Forgotten password")
    intro = _("Enter your e-mail address. A link to set a new password is sent to it.")
    submit_label = _("Send the link")


class ForgottenPasswordDone(_Page, account.PasswordResetDoneView):
    """Says that a mail is on its way, if the address has an account."""

    template_name = "account/password_reset_done.html"
    title = _("Look into your mail")


class NewPassword(_Page, account.PasswordResetFromKeyView):
    """Behind the link of the mail."""

    template_name = "account/password_reset_from_key.html"
    title = _("Set a new password")


class NewPasswordDone(_Page, account.PasswordResetFromKeyDoneView):
    """Leads to the sign-in."""

    template_name = "account/password_reset_from_key_done.html"
    title = _("The new password is set")


class AccountInactive(_Page, account.AccountInactiveView):
    """For a person whom the support staff has switched off."""

    template_name = "account/account_inactive.html"
    title = _("This account is switched off")


class ChangePassword(_OwnPage, account.PasswordChangeView):
    """Other sessions end, this one stays."""

    title = _("Change the password")
    intro = _("Your other sessions are signed out.")
    success_url = reverse_lazy("accounts:account")

    def get_default_success_url(self) -> str:
        """Return to the account page."""
        return str(self.success_url)


class SetPassword(_OwnPage, account.PasswordSetView):
    """A first password, for somebody who came in without one."""

    title = _("Set a password")
    success_url = reverse_lazy("accounts:account")

    def get_default_success_url(self) -> str:
        """Return to the account page."""
        return str(self.success_url)


class Reauthenticate(_OwnPage, account.ReauthenticateView):
    """The password again before something sensitive."""

    title = _("Enter your password again")
    intro = _("This page changes how you sign in.")
    submit_label = _("NEXT")


class SecondFactor(_Page, mfa.AuthenticateView):
    """The code, after the password."""

    title = _("Enter the code")
    submit_label = _("Sign in")

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Answer 422; allauth's own answer is 200."""
        answer: HttpResponse = self.render_to_response(self.get_context_data(), status=422)
        return answer


class SecondFactorAgain(_OwnPage, mfa.ReauthenticateView):
    """A code again before something sensitive."""

    title = _("Enter a code again")
    intro = _("This page changes how you sign in.")
    submit_label = _("NEXT")


class SecondFactorIndex(_OwnPage, mfa.IndexView):
    """Which second factors there are."""

    template_name = "mfa/index.html"
    title = _("Second factor")


class ActivateTOTP(_OwnPage, totp.ActivateTOTPView):
    """The QR code and the first code."""

    template_name = "mfa/totp/activate_form.html"
    title = _("Set up an authenticator app")
    submit_label = _("Activate")


class DeactivateTOTP(_OwnPage, totp.DeactivateTOTPView):
    """Says what stops, then takes the second factor away."""

    title = _("Deactivate the authenticator app")
    intro = _("Signing in then needs the password only, and the recovery codes stop working.")
    submit_label = _("Deactivate the authenticator app")
    danger = True


class RecoveryCodes(_OwnPage, recovery_codes.ViewRecoveryCodesView):
    """The codes that are left."""

    template_name = "mfa/recovery_codes/index.html"
    title = _("Recovery codes")
    back_url = reverse_lazy("mfa_index")
    back_label = _("Second factor")


class GenerateRecoveryCodes(_OwnPage, recovery_codes.GenerateRecoveryCodesView):
    """Makes new codes; the old ones stop."""

    title = _("Make new recovery codes")
    intro = _("The codes that you have now stop working.")
    submit_label = _("Make new recovery codes")
    back_url = reverse_lazy("mfa_index")
    back_label = _("Second factor")
    danger = True


class Sessions(_OwnPage, usersessions.ListUserSessionsView):
    """Where the person is signed in."""

    template_name = "usersessions/usersession_list.html"
    title = _("Where you are signed in")
    submit_label = _("Sign out the other sessions")
