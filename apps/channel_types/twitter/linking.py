"""X's login: OAuth 1.0a in three legs (facts/twitter.md, section 1)."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.linking import Begun, Choice, Granted, Refused
from imiconnect.apps.channel_types.twitter.handler import client
from imiconnect.apps.channel_types.twitter.provider import is_configured, twitter
from imiconnect.apps.channel_types.twitter.welcome import save_welcome
from imiconnect.apps.models import App


class TwitterLinking:
    """The account is the one that authorizes; there is none to choose.

    A login for an app may bring another one: CHANGE TWITTER ACCOUNT.
    """

    button = _("ADD TWITTER ACCOUNT")
    account_label = _("Twitter account")

    def origins(self) -> tuple[str, ...]:
        """Where the button's form may lead."""
        return (twitter().base_url,)

    def begin(self, *, callback_url: str, state: str) -> Begun:
        """Return the address of the page with Authorize App."""
        if not is_configured():
            raise Refused(
                _("The operator of this platform has not set TWITTER_CONSUMER_KEY yet.")
            )
        back = f"{callback_url}?{urlencode({'state': state})}"
        token, secret = client().request_token(back)
        url = f"{twitter().base_url}/oauth/authorize?{urlencode({'oauth_token': token})}"
        return Begun(url, {"token": token, "secret": secret})

    def state_of(self, query: Mapping[str, str]) -> str:
        """Return the state."""
        return query.get("state", "")

    def finish(
        self, *, callback_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> Granted:
        """Return the account; its token does not end by itself."""
        token, verifier = query.get("oauth_token", ""), query.get("oauth_verifier", "")
        if query.get("denied") or not verifier:
            raise Refused(_("The app was not authorized at Twitter. Nothing was changed."))
        if not hmac.compare_digest(token.encode(), kept["token"].encode()):
            raise Refused(_("The answer belongs to another login. Begin again."))
        found = client(token, kept["secret"]).access_token(verifier)
        own = client(found["oauth_token"], found["oauth_token_secret"]).me()
        handle = f"@{found['screen_name']}"
        name = str(own.get("name") or handle)
        choice = Choice(
            account=found["user_id"],
            name=f"{name} ({handle})",
            config={"user_id": found["user_id"], "handle": handle, "account_name": name},
            secrets={
                "access_token": found["oauth_token"],
                "access_secret": found["oauth_token_secret"],
            },
        )
        return Granted(name, (choice,))

    def account_changed(self, app: App) -> None:
        """Set the welcome screen of the app at its new account."""
        if app.config.get("welcome"):
            save_welcome(app=app)
