"""The page where a person plays the customers of a page in Messenger."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import toast, warn
from imiconnect.console.words import Words
from imiconnect.sandbox import files
from imiconnect.sandbox.facebook import telling, world
from imiconnect.sandbox.facebook.twin import SLUG
from imiconnect.sandbox.facebook.world import store
from imiconnect.sandbox.talk import Bubble, Press
from imiconnect.sandbox.views import TwinPage

#: The words of Messenger's button, in the conversation and in the event.
GET_STARTED = "Get Started"
#: Messages of a conversation that are shown.
_SHOWN = 50
#: What the page shows of a message that the page's owner has sent.
_STATES = {"delivered": _("Delivered"), "read": _("Read")}


#: What brought the customer here from elsewhere: what is said of it, what they do now, and
#: the act that it is.
_ARRIVALS: dict[str, tuple[Words, Words, str]] = {
    "send": (
        _("A site's Send to Messenger button was pressed: the page hears of the opt-in."),
        _("Send to Messenger"),
        "optin",
    ),
    "checkbox": (
        _("A site's form with a ticked checkbox was sent: the page hears of the opt-in."),
        _("Confirm the checkbox"),
        "checkbox",
    ),
    "link": (
        _("A link to the conversation was followed: the page hears where it was."),
        _("Continue in Messenger"),
        "referral",
    ),
}
_ARRIVALS["message_us"] = _ARRIVALS["link"]
_FILES = f"/sandbox/{SLUG}/files/"


@dataclass(frozen=True)
class Arrival:
    """What a customer has done at a site, which ends with a press here."""

    words: Words
    ref: str
    press: Press
    #: The query that brought them, for another customer to be chosen with it.
    query: Mapping[str, str]


class FacebookPage(TwinPage):
    """A conversation with one page, from the customer's side."""

    template_name = "sandbox/facebook/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add pages, customers and the conversation."""
        pages = world.pages()
        page = self._chosen("page", [key for key, _kept in pages])
        people = world.customers(page)
        psid = self._chosen("psid", [key for key, _kept in people])
        kept, person = store.get("page", page) or {}, store.get("psid", psid) or {}
        conversation = store.all("message", psid=psid)[-_SHOWN:]
        may_start = not conversation and "get_started" in kept.get("profile", {})
        arrival = self._arrival(psid, may_start=may_start)
        return super().get_context_data(**kwargs) | {
            "pages": [(key, data["name"], bool(data["fields"])) for key, data in pages],
            "people": [(key, f"{data['first']} {data['last']}") for key, data in people],
            "page": page,
            "psid": psid,
            "page_name": kept.get("name", ""),
            "is_subscribed": bool(kept.get("fields")),
            "talk": [_drawn(psid, data) for _mid, data in conversation],
            "talk_url": f"{self.request.path}?{urlencode({'page': page, 'psid': psid})}",
            "welcome": "" if conversation else _greeting(kept.get("profile", {}), person),
            "get_started": may_start and not (arrival and arrival.press.label == GET_STARTED),
            "arrival": arrival,
            "menu": _menu(kept.get("profile", {})),
        }

    def _chosen(self, name: str, known: list[str]) -> str:
        given = self.request.GET.get(name) or self.request.POST.get(name, "")
        return given if given in known else known[0]

    def _arrival(self, psid: str, *, may_start: bool) -> Arrival | None:
        """Return how a customer came; the reference of a link goes with Get Started."""
        names = ("came", "ref", "user_ref")
        query = {name: self.request.GET[name] for name in names if name in self.request.GET}
        came, ref = query.get("came", ""), query.get("ref", "")
        if came not in _ARRIVALS:
            return None
        words, label, act = _ARRIVALS[came]
        fields = {"psid": psid, "ref": ref, "user_ref": query.get("user_ref", "")}
        if act == "referral" and may_start:
            label, act = GET_STARTED, "postback"
            fields |= {"text": GET_STARTED}
        return Arrival(words, ref, Press(str(label), fields | {"act": act}), query)

    def perform(self, act: str) -> str:
        """Do what the customer does, and tell the platform."""
        world.seed()
        acts = {
            "read": self._read,
            "optin": self._opt_in,
            "checkbox": self._tick,
            "referral": self._refer,
            "message": self._write,
            "postback": self._press,
            "file": self._attach,
        }
        if act not in acts:
            raise Http404
        psid = self._chosen("psid", [key for key, _kept in store.all("psid")])
        page = (store.get("psid", psid) or {})["page"]
        if act not in ("read", "checkbox"):
            store.change("psid", psid, last_act=time.time())
        if not acts[act](page, psid):
            warn(self.request, _("The page is not subscribed, or the webhook did not answer."))
        return f"{self.request.path}?page={page}&psid={psid}#last"

    def _sent(self, name: str) -> str:
        return self.request.POST.get(name, "").strip()

    def _read(self, page: str, psid: str) -> bool:
        mark = int(time.time() * 1000)
        for mid, data in store.all("message", psid=psid):
            if data["from_page"]:
                store.change("message", mid, state="read")
        return telling.tell(page, psid, read={"watermark": mark})

    def _opt_in(self, page: str, psid: str) -> bool:
        return telling.tell(page, psid, optin={"ref": self._sent("ref")})

    def _tick(self, page: str, psid: str) -> bool:
        ticked = self._sent("user_ref") or secrets.token_hex(8)
        if store.get("user_ref", ticked) is not None:
            words = _("This user_ref was used before: a site makes a new one for each view.")
            toast(self.request, words)
            return True
        store.put("user_ref", ticked, page=page, psid=psid, used=False)
        opted = {"ref": self._sent("ref"), "user_ref": ticked}
        return telling.tell(page, "", optin=opted)

    def _refer(self, page: str, psid: str) -> bool:
        return telling.tell(page, psid, referral=_link(self._sent("ref")))

    def _write(self, page: str, psid: str) -> bool:
        text = self._sent("text")
        if not text:
            return True
        mid, _kept = world.add_message(psid, from_page=False, content={"text": text})
        message: dict[str, Any] = {"mid": mid, "text": text}
        if payload := self._sent("payload"):
            message["quick_reply"] = {"payload": payload}
        return telling.tell(page, psid, message=message)

    def _press(self, page: str, psid: str) -> bool:
        text = self._sent("text")
        mid, _kept = world.add_message(psid, from_page=False, content={"text": text})
        pressed: dict[str, Any] = {"mid": mid, "title": text}
        pressed["payload"] = self._payload(page)
        if ref := self._sent("ref"):
            pressed["referral"] = _link(ref)
        return telling.tell(page, psid, postback=pressed)

    def _attach(self, page: str, psid: str) -> bool:
        file = files.chosen(self.request)
        if file is None:
            return True
        family = file.kind.partition("/")[0]
        url = f"{settings.PUBLIC_URL}{_FILES}{files.keep(store, file)}"
        part = {
            "type": family if family in ("image", "audio", "video") else "file",
            "payload": {"url": url},
        }
        content = {"attachment": part, "name": file.name}
        mid, _kept = world.add_message(psid, from_page=False, content=content)
        return telling.tell(page, psid, message={"mid": mid, "attachments": [part]})

    def _payload(self, page: str) -> str:
        """Return the payload behind a button: the one sent along, or that of the profile."""
        profile = (store.get("page", page) or {}).get("profile", {})
        return self._sent("payload") or str(profile.get("get_started", {}).get("payload", ""))


def _link(ref: str) -> dict[str, str]:
    return {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}


def _greeting(profile: dict[str, Any], person: dict[str, Any]) -> str:
    texts = [
        item["text"] for item in profile.get("greeting", []) if item["locale"] == "default"
    ]
    text = texts[0] if texts else ""
    first, last = person.get("first", ""), person.get("last", "")
    filled = {"first": first, "last": last, "full": f"{first} {last}"}
    for name, value in filled.items():
        text = text.replace(f"{{{{user_{name}_name}}}}", value)
    return text


def _menu(profile: dict[str, Any]) -> list[dict[str, Any]]:
    menus = profile.get("persistent_menu", [])
    actions: list[dict[str, Any]] = menus[0]["call_to_actions"] if menus else []
    return actions


def _drawn(psid: str, data: dict[str, Any]) -> Bubble:
    content = data["content"]
    attachment = content.get("attachment", {})
    template = attachment.get("payload", {}) if attachment.get("type") == "template" else {}
    buttons = [item for item in template.get("buttons", []) if item.get("type") == "postback"]
    return Bubble(
        text=content.get("text") or template.get("text", ""),
        is_customer=not data["from_page"],
        files=[] if template or not attachment else [_file(attachment, content)],
        presses=[
            *(_button("message", psid, item) for item in content.get("quick_replies", [])),
            *(_button("postback", psid, item) for item in buttons),
        ],
        state=_STATES.get(data["state"], data["state"]),
    )


def _file(attachment: dict[str, Any], content: dict[str, Any]) -> dict[str, str]:
    """Return a file as the customer sees it: their own picture as itself, else its name."""
    url = str(attachment.get("payload", {}).get("url", ""))
    own = settings.PUBLIC_URL + _FILES
    is_picture = attachment.get("type") == "image" and url.startswith(own)
    picture = url.removeprefix(settings.PUBLIC_URL) if is_picture else ""
    return {"name": str(content.get("name") or url), "image": picture}


def _button(act: str, psid: str, item: dict[str, Any]) -> Press:
    title, payload = str(item.get("title", "")), str(item.get("payload", ""))
    return Press(title, {"act": act, "psid": psid, "payload": payload, "text": title})


def file(request: HttpRequest, key: str) -> HttpResponse:
    """Return a customer's file, to whoever has its address, as Meta's servers do."""
    return files.answer(store, key)
