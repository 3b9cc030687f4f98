"""The accounts package."""

from typing import Any

from django.apps import AppConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organizations, groups and teams."""

    name = "imiconnect.accounts"
    verbose_name = _("People and organizations")

    def ready(self) -> None:
        """Put the settings and the account into the console, and listen to sign-ins."""
        from allauth.account.decorators import secure_admin_login
        from django.contrib import admin

        from imiconnect.accounts import sign_in_audit
        from imiconnect.accounts.roles import Act
        from imiconnect.accounts.standing import member_of
        from imiconnect.console import ports, shell

        sign_in_audit.connect()
        ports.bind_member_of(member_of)
        # Support staff sign in like everybody: throttled, with the second factor, recorded.
        admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents
        shell.register_slot("organization", "accounts/_switcher.html")
        shell.register_slot("strip", "accounts/_trial_strip.html")
        shell.register_section(
            shell.Section(
                "settings",
                _("Settings"),
                "accounts:settings",
                "settings",
                80,
                visible=lambda request: _may(request, Act.MANAGE_PEOPLE),
            )
        )
        shell.register_account_link(
            shell.AccountLink(_("Your account"), "accounts:account", "user", 10)
        )
        shell.register_account_link(
            shell.AccountLink(
                _("Support pages"),
                "admin:index",
                "tool",
                90,
                visible=lambda request: bool(getattr(request.user, "is_staff", False)),
            )
        )


def _may(request: HttpRequest, act: Any) -> bool:
    member = getattr(request, "member", None)
    return bool(member and member.can(act))
