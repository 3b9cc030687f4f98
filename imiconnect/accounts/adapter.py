"""How django-allauth behaves here."""

import logging
from smtplib import SMTPException
from typing import Any, ClassVar
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.middleware import client_address
from imiconnect.vault import decrypt, encrypt

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: people come by invitation, and ``accounts.services`` makes them."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account is switched off. Ask an Admin."),
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "enter_current_password": _("The current password is wrong."),
        "incorrect_code": _("The code is wrong. Enter the one that the app shows now."),
        "incorrect_password": _("The password is wrong."),
        "too_many_login_attempts": _(
            "Too many attempts. Wait five minutes, or reset the password."
        ),
        "rate_limited": _("Too many attempts. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Keep the sign-up page closed."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that throttling counts by, past the trusted proxies only."""
        return client_address(request) or "0.0.0.0"  # noqa: S104 - counts, binds nothing

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows each act shows that it has happened."""

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of the mail at the public address, whatever the Host header was."""
        path = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}
        )
        return f"{settings.PUBLIC_URL}{path.replace('UID-KEY', quote(key))}"

    def format_email_subject(self, subject: str) -> str:
        """Name the platform, not a ``Site`` row."""
        return f"{settings.PLATFORM_NAME}: {subject}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; a mail server that does not answer costs the mail, not the page."""
        context = {**context, "platform": settings.PLATFORM_NAME}
        try:
            self.render_mail(template_prefix, email, context).send()
        except (OSError, SMTPException):
            log.exception("The mail %s could not be sent", template_prefix)


class MFAAdapter(DefaultMFAAdapter):
    """The second factor: an authenticator app and recovery codes, secrets encrypted."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"],
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a TOTP secret or the seed of recovery codes for the database."""
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what ``encrypt`` stored."""
        return decrypt(encrypted_text)
