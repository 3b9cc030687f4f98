"""django-allauth's addresses under ``/account/``, by the names that allauth reverses.

Left out on purpose: its pages for e-mail addresses, since an address is the sign-in name and
is changed by the support staff, and sign-in without a password.
"""

from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView
from django.urls import path, re_path

from imiconnect.accounts.views import sign_in

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="account_login"),
    path("logout/", sign_in.SignOut.as_view(), name="account_logout"),
    path("signup/", sign_in.SignUp.as_view(), name="account_signup"),
    path("inactive/", sign_in.AccountInactive.as_view(), name="account_inactive"),
    path("reauthenticate/", sign_in.Reauthenticate.as_view(), name="account_reauthenticate"),
    # password/
    path("password/change/", sign_in.ChangePassword.as_view(), name="account_change_password"),
    path("password/set/", sign_in.SetPassword.as_view(), name="account_set_password"),
    path("password/reset/", sign_in.ForgottenPassword.as_view(), name="account_reset_password"),
    path(
        "password/reset/done/",
        sign_in.ForgottenPasswordDone.as_view(),
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        sign_in.NewPasswordDone.as_view(),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        sign_in.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    # second-factor/
    path("second-factor/", sign_in.SecondFactorIndex.as_view(), name="mfa_index"),
    path("second-factor/code/", sign_in.SecondFactor.as_view(), name="mfa_authenticate"),
    path(
        "second-factor/again/",
        sign_in.SecondFactorAgain.as_view(),
        name="mfa_reauthenticate",
    ),
    path(
        "second-factor/app/activate/",
        sign_in.ActivateTOTP.as_view(),
        name="mfa_activate_totp",
    ),
    path(
        "second-factor/app/deactivate/",
        sign_in.DeactivateTOTP.as_view(),
        name="mfa_deactivate_totp",
    ),
    path(
        "second-factor/recovery-codes/",
        sign_in.RecoveryCodes.as_view(),
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-factor/recovery-codes/new/",
        sign_in.GenerateRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/recovery-codes/download/",
        DownloadRecoveryCodesView.as_view(),
        name="mfa_download_recovery_codes",
    ),
    # sessions/
    path("sessions/", sign_in.Sessions.as_view(), name="usersessions_list"),
]
