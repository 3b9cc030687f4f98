"""The accounts package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organizations, groups and teams."""

    name = "imiconnect.accounts"
    verbose_name = _("People and organizations")
