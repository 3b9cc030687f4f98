"""How django-allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from imiconnect.accounts.middleware import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: people come by invitation, and ``accounts.services`` makes them."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Keep the sign-up page closed."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that throttling counts by, past the trusted proxies only."""
        return client_address(request) or "0.0.0.0"  # noqa: S104 - counts, binds nothing

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the page that follows each act shows that it has happened."""
