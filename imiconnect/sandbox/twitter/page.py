"""The page where a person plays the customers of an account."""

import base64
from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import warn
from imiconnect.sandbox import files
from imiconnect.sandbox.talk import Bubble, Press
from imiconnect.sandbox.twitter import media, telling
from imiconnect.sandbox.twitter.world import PEOPLE, accounts, add_message, store
from imiconnect.sandbox.views import TwinPage


class TwitterPage(TwinPage):
    """A conversation with one account, from the customer's side."""

    template_name = "sandbox/twitter/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add accounts, customers and the conversation."""
        listed = accounts()
        user = self._chosen("user", [key for key, _data in listed])
        person = self._chosen("person", list(PEOPLE))
        messages = store.all("message", account=user, person=person)
        return super().get_context_data(**kwargs) | {
            "accounts": [(key, data["name"], bool(data["hook"])) for key, data in listed],
            "account_name": dict(listed)[user]["name"],
            "is_subscribed": bool(dict(listed)[user]["hook"]),
            "people": list(PEOPLE.items()),
            "user": user,
            "person": person,
            "talk": [
                *_welcome(user, person, may_answer=not messages),
                *(_drawn(user, person, data) for _key, data in messages),
            ],
            "talk_url": self._address(user, person),
            "text": self.request.GET.get("text", ""),
        }

    def _chosen(self, name: str, known: list[str]) -> str:
        given = self.request.GET.get(name) or self.request.POST.get(name, "")
        return given if given in known else known[0]

    def _address(self, user: str, person: str) -> str:
        return f"{self.request.path}?{urlencode({'user': user, 'person': person})}"

    def perform(self, act: str) -> str:
        """Write or read, and tell the platform."""
        user = self._chosen("user", [key for key, _data in accounts()])
        person = self._chosen("person", list(PEOPLE))
        acts = {"say": self._say, "read": self._read, "file": self._attach}
        if act not in acts:
            raise Http404
        if not acts[act](user, person):
            warn(self.request, _("The account is not connected, or the webhook is away."))
        return self._address(user, person)

    def _say(self, user: str, person: str) -> bool:
        text = self.request.POST.get("text", "").strip()
        if not text:
            return True
        data: dict[str, Any] = {"text": text, "entities": {"urls": []}}
        if metadata := self.request.POST.get("metadata"):
            data["quick_reply_response"] = {"type": "options", "metadata": metadata}
        key = add_message(user, person, text, out=True, options=[])
        return telling.tell_message(user, person, key, data)

    def _attach(self, user: str, person: str) -> bool:
        file = files.chosen(self.request)
        if file is None:
            return True
        kept = media.attach(user, person, file)
        if kept is None:
            warn(self.request, _("Choose a JPEG, PNG or WebP picture, or an MP4 film."))
            return True
        name, told = kept
        # X puts a link to the file into the text.
        text, link = self.request.POST.get("text", "").strip(), told["url"]
        key = add_message(user, person, text, out=True, options=[], media=[name])
        data = {
            "text": f"{text} {link}".strip(),
            "entities": {"urls": [{"url": link}]},
            "attachment": {"type": "media", "media": told},
        }
        return telling.tell_message(user, person, key, data)

    def _read(self, user: str, person: str) -> bool:
        sent = store.all("message", account=user, person=person, out=False)
        for key, _data in sent:
            store.change("message", key, read=True)
        return not sent or telling.tell_reading(user, person, sent[-1][0])


def _drawn(user: str, person: str, data: dict[str, Any]) -> Bubble:
    """Return a message as the customer sees it."""
    return Bubble(
        text=data["text"],
        is_customer=data["out"],
        files=[_shown(name) for name in data.get("media", [])],
        presses=_presses(user, person, data["options"]),
        state=_("Read") if data.get("read") else "",
    )


def _presses(user: str, person: str, options: list[dict[str, Any]]) -> list[Press]:
    """Return quick replies as buttons: each writes its label, with its metadata."""
    common = {"act": "say", "user": user, "person": person}
    return [
        Press(o["label"], common | {"text": o["label"], "metadata": o.get("metadata", "")})
        for o in options
    ]


def _shown(name: str) -> dict[str, str]:
    """Return a file as the customer sees it: a picture as itself."""
    kind, data = media.data_of(name)
    is_picture = kind in ("image/png", "image/jpeg", "image/gif", "image/webp")
    picture = f"data:{kind};base64,{base64.b64encode(data).decode()}" if is_picture else ""
    return {"name": kind, "image": picture}


def _welcome(user: str, person: str, *, may_answer: bool) -> list[Bubble]:
    """Return the welcome message, where an account has one; the newest rule counts.

    Its quick replies are there until the customer writes.
    """
    rules = store.all("rule", user=user)
    kept = store.get("welcome", rules[-1][1]["message"]) if rules else None
    if kept is None:
        return []
    data = kept["data"]
    attached = data.get("attachment", {}).get("media", {}).get("id")
    options = data.get("quick_reply", {}).get("options", []) if may_answer else []
    return [
        Bubble(
            text=str(data["text"]),
            is_customer=False,
            files=[_shown(str(attached))] if attached else [],
            presses=_presses(user, person, options),
        )
    ]
