"""Facebook's login: the dialog, the code, the pages (facts/facebook.md, section 1)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from imiconnect.apps.channel_types.facebook.client import PERMISSIONS
from imiconnect.apps.channel_types.facebook.handler import graph
from imiconnect.apps.channel_types.facebook.provider import facebook, is_configured
from imiconnect.apps.channel_types.linking import Begun, Choice, Granted, Refused
from imiconnect.console.words import Words

SCOPE = "pages_show_list,pages_messaging,pages_manage_metadata,pages_read_engagement"
_NO_MESSAGES = _("You may not answer messages of this page.")
_NO_SUBSCRIPTION = _("You may not connect apps to this page.")


def scope() -> str:
    """Return what the login asks for: what every page needs, and the fields of profiles."""
    more = [
        PERMISSIONS[name]
        for name in facebook().profile_fields.replace(",", " ").split()
        if name in PERMISSIONS
    ]
    return ",".join([SCOPE, *more])


class FacebookLinking:
    """OAuth 2 with a page to choose at its end."""

    button = _("Log in with Facebook")
    account_label = _("Facebook page")

    def origins(self) -> tuple[str, ...]:
        """Where the button's form may lead."""
        return (facebook().dialog_url,)

    def begin(self, *, callback_url: str, state: str) -> Begun:
        """Return the dialog's address."""
        if not is_configured():
            raise Refused(_("The operator of this platform has not set FACEBOOK_APP_ID yet."))
        found = facebook()
        query = {
            "client_id": found.app_id,
            "redirect_uri": callback_url,
            "state": state,
            "response_type": "code",
        }
        query |= {"config_id": found.config_id} if found.config_id else {"scope": scope()}
        return Begun(f"{found.dialog_url}/{found.version}/dialog/oauth?{urlencode(query)}")

    def state_of(self, query: Mapping[str, str]) -> str:
        """Return the state."""
        return query.get("state", "")

    def finish(
        self, *, callback_url: str, query: Mapping[str, str], kept: Mapping[str, str]
    ) -> Granted:
        """Return the pages; each brings a token of its own."""
        if query.get("error") or not query.get("code"):
            raise Refused(_("Facebook was not allowed to share your pages. Log in again."))
        client = graph()
        token = client.token_of_code(query["code"], callback_url)
        person = client.name_of(token)
        return Granted(person, tuple(_choice(page, person) for page in client.pages(token)))


def _choice(page: Mapping[str, Any], person: str) -> Choice:
    picture = page.get("picture", {}).get("data", {}).get("url", "")
    return Choice(
        account=str(page["id"]),
        name=str(page.get("name", "")),
        config={
            "page_id": str(page["id"]),
            "page_name": str(page.get("name", "")),
            "authorized_by": person,
        },
        secrets={"page_token": str(page.get("access_token", ""))},
        obstacle=_obstacle(page.get("tasks", [])),
        picture=str(picture),
    )


def _obstacle(tasks: list[str]) -> Words:
    if "MESSAGING" not in tasks and "MESSAGE" not in tasks:
        return _NO_MESSAGES
    return "" if {"MODERATE", "MANAGE"} & set(tasks) else _NO_SUBSCRIPTION
