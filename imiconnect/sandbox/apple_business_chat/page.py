"""Where a person registers a business, and plays customers with their phones."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from imiconnect.console.toasts import toast, warn
from imiconnect.sandbox.apple_business_chat import mmcs, questions
from imiconnect.sandbox.apple_business_chat.telling import tell
from imiconnect.sandbox.apple_business_chat.twin import SLUG
from imiconnect.sandbox.apple_business_chat.world import meet, register, store
from imiconnect.sandbox.files import chosen
from imiconnect.sandbox.talk import Bubble, Press
from imiconnect.sandbox.views import TwinPage


class ApplePage(TwinPage):
    """Businesses, the choice of the platform, and phones."""

    template_name = "sandbox/apple_business_chat/page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the businesses, the chosen one, and its customers with their messages."""
        listed = store.all("business")
        chosen = self.request.GET.get("business") or (listed[-1][0] if listed else "")
        phones = [
            (key, data["open"], _talk(key), data.get("agent") == "Mac OS X")
            for key, data in store.all("customer", business=chosen)
        ]
        return super().get_context_data(**kwargs) | {
            "businesses": [(key, data["brand"]) for key, data in listed],
            "business_id": chosen,
            "business": store.get("business", chosen),
            "phones": phones,
            "talk_url": self._back(chosen),
            "form": self._form(),
        }

    def _form(self) -> dict[str, Any] | None:
        """Return the form that a customer has opened to fill it in."""
        key = self.request.GET.get("form", "")
        message = store.get("message", key)
        if message is None or message["out"]:
            return None
        told = message["body"].get("interactiveData") or {}
        if not questions.is_form(told.get("data") or {}):
            return None
        return {
            "message": key,
            "customer": message["customer"],
            "title": told["receivedMessage"]["title"],
            "pages": questions.asked(told["data"]),
        }

    def perform(self, act: str) -> str:
        """Do what the person asks, as the business at Apple or as a customer."""
        acts = {
            "register": self._register,
            "choose": self._choose,
            "meet": self._meet,
            "say": self._say,
            "photo": self._photo,
            "press": self._press,
            "open_form": self._open_form,
            "fill": self._fill,
            "close": self._close,
        }
        if act not in acts:
            raise Http404
        return acts[act]()

    def _sent(self, name: str) -> str:
        return self.request.POST.get(name, "").strip()

    def _back(self, business: str) -> str:
        return f"{self.request.path}?{urlencode({'business': business})}"

    def _business(self) -> tuple[str, dict[str, Any]]:
        found = store.get("business", self._sent("business"))
        if found is None:
            raise Http404
        return self._sent("business"), found

    def _customer(self) -> tuple[str, dict[str, Any]]:
        found = store.get("customer", self._sent("customer"))
        if found is None:
            raise Http404
        return self._sent("customer"), found

    def _register(self) -> str:
        return self._back(register(self._sent("brand")))

    def _choose(self) -> str:
        """Choose the platform: Apple opens its landing page, without a name for tests."""
        business, found = self._business()
        store.change("business", business, csp=True)
        query = {"id": business} | ({"name": found["brand"]} if found["brand"] else {})
        return f"/apps/link/{SLUG}/?{urlencode(query)}"

    def _meet(self) -> str:
        business, _found = self._business()
        meet(business, "Mac OS X" if self._sent("device") == "mac" else "iPhone OS")
        return self._back(business)

    def _say(self) -> str:
        customer, found = self._customer()
        store.change("customer", customer, open=True)
        return self._told(found, tell(customer, "text", body=self._sent("text")))

    def _photo(self) -> str:
        """Send a file, as a phone does: encrypted at Apple's store, its key in the message."""
        customer, found = self._customer()
        file = chosen(self.request)
        if file is None:
            return self._back(found["business"])
        part = mmcs.attach(found["business"], file.name, file.kind, file.data)
        store.change("customer", customer, open=True)
        body = f"{self._sent('text')} \ufffc".strip()
        return self._told(found, tell(customer, "text", body=body, attachments=[part]))

    def _press(self) -> str:
        return self._answered(_answer(self._asked()["data"], self._sent("item")))

    def _open_form(self) -> str:
        _customer, found = self._customer()
        query = {"business": found["business"], "form": self._sent("message")}
        return f"{self.request.path}?{urlencode(query)}#form"

    def _fill(self) -> str:
        data = self._asked()["data"]
        if not questions.is_form(data):
            raise Http404
        answer = questions.answered(data, self.request.POST)
        if answer is None:
            warn(self.request, _("Answer every question that has to be answered."))
            return self._open_form()
        return self._answered(answer)

    def _asked(self) -> dict[str, Any]:
        """Return what the business has asked in the message that is answered."""
        message = store.get("message", self._sent("message"))
        if message is None or message["out"]:
            raise Http404
        asked: dict[str, Any] = message["body"]["interactiveData"]
        return asked

    def _answered(self, data: dict[str, Any]) -> str:
        customer, found = self._customer()
        told = {"bid": self._asked()["bid"], "data": data}
        return self._told(found, tell(customer, "interactive", interactiveData=told))

    def _close(self) -> str:
        customer, found = self._customer()
        store.change("customer", customer, open=False)
        return self._told(found, tell(customer, "close"))

    def _told(self, customer: dict[str, Any], status: int) -> str:
        if status != 200:
            toast(self.request, _("The platform answered %(status)s.") % {"status": status})
        return self._back(customer["business"])


def _items(data: dict[str, Any]) -> list[dict[str, Any]]:
    if "dynamic" in data:
        return []
    if "quick-reply" in data:
        return list(data["quick-reply"]["items"])
    if "event" in data:
        slots = data["event"]["timeslots"]
        return [slot | {"title": slot.get("startTime", "")} for slot in slots]
    return [item for part in data["listPicker"]["sections"] for item in part["items"]]


def _answer(data: dict[str, Any], item: str) -> dict[str, Any]:
    """Return the data of an answer, as a phone sends it."""
    common = {"version": "1.0", "requestIdentifier": data["requestIdentifier"]}
    items = _items(data)
    chosen = next((one for one in items if one["identifier"] == item), None)
    if chosen is None:
        raise Http404
    if "quick-reply" in data:
        reply = {"items": items, "selectedIndex": items.index(chosen)}
        return common | {"quick-reply": reply | {"selectedIdentifier": item}}
    if "event" in data:
        slot = {name: value for name, value in chosen.items() if name != "title"}
        return common | {"event": data["event"] | {"timeslots": [slot]}}
    return common | {"listPicker": {"sections": [{"items": [chosen]}]}}


def _talk(customer: str) -> list[Bubble]:
    messages = store.all("message", customer=customer)
    return [_shown(customer, message) for _key, message in messages]


def _shown(customer: str, message: dict[str, Any]) -> Bubble:
    """Return a message as the phone shows it."""
    body = message["body"]
    data = (body.get("interactiveData") or {}).get("data") or {}
    link = body.get("richLinkData") or {}
    text = body.get("body") or link.get("title", "")
    items = _items(data) if data else []
    if "quick-reply" in data:
        text = data["quick-reply"].get("summaryText", "")
    elif data:
        told = (body["interactiveData"].get("receivedMessage") or {}).get("title", "")
        text = told or str(data.get("event", {}).get("title", ""))
    if "dynamic" in data and message["out"]:
        text = questions.words_of(data)
    elif data and message["out"]:
        chosen = data.get("quick-reply", {}).get("selectedIdentifier", items[0]["identifier"])
        text = next(item["title"] for item in items if item["identifier"] == chosen)
    common = {"act": "press", "customer": customer, "message": body["id"]}
    presses = [Press(item["title"], common | {"item": item["identifier"]}) for item in items]
    if "dynamic" in data:
        presses = [Press(str(_("Fill in the form")), common | {"act": "open_form"})]
    return Bubble(
        text=text.replace("\ufffc", "").strip(),
        is_customer=message["out"],
        files=[_file(part) for part in body.get("attachments") or []],
        link=link.get("url", ""),
        presses=[] if message["out"] else presses,
    )


def _file(part: dict[str, Any]) -> dict[str, Any]:
    found = mmcs.shown(part)
    size = filesizeformat(found["size"])
    return found if found["image"] else {"name": f"{found['name']}, {found['kind']}, {size}"}
