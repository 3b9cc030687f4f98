"""The page where a person plays the customers of a page in Messenger."""

import secrets
import time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import toast
from imiconnect.sandbox.facebook import telling, world
from imiconnect.sandbox.facebook.twin import SLUG
from imiconnect.sandbox.facebook.world import store
from imiconnect.sandbox.talk import Bubble, Press
from imiconnect.sandbox.views import TwinPage

#: Messages of a conversation that are shown.
_SHOWN = 50
#: What the page shows of a message that the page's owner has sent.
_STATES = {"delivered": _("Delivered"), "read": _("Read")}


def follow_link(request: HttpRequest, page: str) -> HttpResponse:
    """Open the conversation with a page, as m.me does."""
    world.seed()
    address = reverse("sandbox:twin", args=[SLUG])
    ref = request.GET.get("ref", "")
    return HttpResponseRedirect(f"{address}?page={page}{f'&ref={ref}' if ref else ''}")


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
            "get_started": not conversation and "get_started" in kept.get("profile", {}),
            "menu": _menu(kept.get("profile", {})),
        }

    def _chosen(self, name: str, known: list[str]) -> str:
        given = self.request.GET.get(name) or self.request.POST.get(name, "")
        return given if given in known else known[0]

    def perform(self, act: str) -> str:
        """Do what the customer does, and tell the platform."""
        world.seed()
        psid = self._chosen("psid", [key for key, _kept in store.all("psid")])
        page = (store.get("psid", psid) or {})["page"]
        told = self._told(act, page, psid)
        if not told:
            toast(self.request, _("The page is not subscribed, or the webhook did not answer."))
        return f"{self.request.path}?page={page}&psid={psid}#last"

    def _told(self, act: str, page: str, psid: str) -> bool:
        given = self.request.POST
        if act == "read":
            mark = int(time.time() * 1000)
            for mid, data in store.all("message", psid=psid):
                if data["from_page"]:
                    store.change("message", mid, state="read")
            return telling.tell(page, psid, read={"watermark": mark})
        store.change("psid", psid, last_act=time.time())
        if act == "optin":
            return telling.tell(page, psid, optin={"ref": given.get("ref", "")})
        if act == "checkbox":
            ticked = given.get("user_ref") or secrets.token_hex(8)
            store.put("user_ref", ticked, page=page, psid=psid, used=False)
            opted = {"ref": given.get("ref", ""), "user_ref": ticked}
            return telling.tell(page, "", optin=opted)
        if act == "referral":
            link = {"ref": given.get("ref", ""), "source": "SHORTLINK", "type": "OPEN_THREAD"}
            return telling.tell(page, psid, referral=link)
        text = given.get("text", "").strip()
        if not text:
            return True
        mid, _kept = world.add_message(psid, from_page=False, content={"text": text})
        if act == "postback":
            pressed = {"mid": mid, "title": text, "payload": self._payload(page, text)}
            return telling.tell(page, psid, postback=pressed)
        message: dict[str, Any] = {"mid": mid, "text": text}
        if given.get("payload"):
            message["quick_reply"] = {"payload": given["payload"]}
        return telling.tell(page, psid, message=message)

    def _payload(self, page: str, title: str) -> str:
        """Return the payload behind a button: the one sent along, or that of the profile."""
        given = self.request.POST.get("payload", "")
        profile = (store.get("page", page) or {}).get("profile", {})
        return given or str(profile.get("get_started", {}).get("payload", ""))


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
    file = "" if template else attachment.get("payload", {}).get("url", "")
    return Bubble(
        text=content.get("text") or template.get("text", ""),
        is_customer=not data["from_page"],
        files=[{"name": file}] if file else [],
        presses=[
            *(_press("message", psid, item) for item in content.get("quick_replies", [])),
            *(_press("postback", psid, item) for item in buttons),
        ],
        state=_STATES.get(data["state"], data["state"]),
    )


def _press(act: str, psid: str, item: dict[str, Any]) -> Press:
    title, payload = str(item.get("title", "")), str(item.get("payload", ""))
    return Press(title, {"act": act, "psid": psid, "payload": payload, "text": title})
