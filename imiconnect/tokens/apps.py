"""The tokens package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TokensConfig(AppConfig):
    """Keys of the REST interface."""

    name = "imiconnect.tokens"
    verbose_name = _("API tokens")

    def ready(self) -> None:
        """Describe the tokens in the OpenAPI document; add their page to the settings."""
        from imiconnect.accounts.roles import Act
        from imiconnect.accounts.views.base import further_tabs
        from imiconnect.tokens import schema

        further_tabs.append((Act.MANAGE_TOKENS, "tokens:list", _("Tokens")))

        assert schema  # noqa: S101 - imported for its registration
