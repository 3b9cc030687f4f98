"""The page of the handset: what has arrived there, and what its owner does."""

import re
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.sandbox.carrier.exchange import Exchange
from imiconnect.sandbox.views import TwinPage

_SHOWN = 40
#: States of calls in which somebody hears something.
_HEARD = ("answered", "recording")
#: What a person can say of a text: the button's value, state, error, words.
FATES = {
    "delivered": ("delivered", "", _("Delivered")),
    "unreachable": ("failed", "unreachable", _("Phone is off")),
    "memory_full": ("failed", "memory_full", _("Memory is full")),
    "expired": ("undelivered", "expired", _("Expired")),
}
#: What a person can do with a call that rings.
CALL_ACTS = {
    "answered": ("answered", "", _("Answer")),
    "rejected": ("rejected", "rejected", _("Reject")),
    "busy": ("busy", "busy", _("Be busy")),
    "no_answer": ("no_answer", "no_answer", _("Let it ring out")),
}
#: What a caller can do after the beep: the button's value, seconds of talk, words.
SPEECHES = {
    "speak": (3, _("Leave a message")),
    "silence": (0, _("Say nothing")),
}
STATES = {
    "sent": _("On its way"),
    "delivered": _("Delivered"),
    "failed": _("Failed"),
    "undelivered": _("Expired"),
    "ringing": _("Rings"),
    "recording": _("Is being recorded"),
    "answered": _("Answered"),
    "rejected": _("Rejected"),
    "busy": _("Busy"),
    "no_answer": _("Nobody answered"),
}


class NumberField(forms.CharField):
    """A number as people type it; cleaned to its digits."""

    def to_python(self, value: Any) -> str:
        """Take spaces, dashes, brackets and the plus sign away."""
        return re.sub(r"[\s\-()+.]", "", super().to_python(value) or "")


def _digits(least: int, words: Any) -> Any:
    def check(value: str) -> None:
        if not re.fullmatch(rf"[0-9]{{{least},15}}", value):
            raise forms.ValidationError(words)

    return check


class OpenForm(ConsoleForm):
    """Whose handset the page shows."""

    handset = NumberField(
        label=_("Number of the handset"),
        help_text=_("Any number with country code, like 44 7400 123456."),
        validators=[_digits(7, _("Number must have 7 to 15 digits"))],
    )


class WriteForm(OpenForm):
    """A text, or a call without one, to a number of the platform."""

    prefix = "to"
    line = NumberField(
        label=_("Your phone number or short code"),
        validators=[_digits(3, _("Number must have 3 to 15 digits"))],
        widget=forms.TextInput(attrs={"list": "lines"}),
    )
    text = forms.CharField(
        label=_("Text"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    handset = NumberField(widget=forms.HiddenInput, validators=[_digits(7, "")])

    def clean(self) -> dict[str, Any]:
        """Ask for a text where one is sent."""
        values = super().clean() or {}
        if self.data.get("act") == "write" and not values.get("text"):
            self.add_error("text", _("Enter the text"))
        return values


class Handset(TwinPage):
    """Shows one handset; its owner writes, calls, answers."""

    template_name = "sandbox/carrier.html"

    @cached_property
    def exchange(self) -> Exchange:
        """The operator."""
        return Exchange()

    @property
    def handset(self) -> str:
        """The number of the handset that is shown; empty without one."""
        form = OpenForm({"handset": self.request.GET.get("handset", "")})
        return str(form.cleaned_data["handset"]) if form.is_valid() else ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the handsets that have traffic, and what is on the one that is shown."""
        things = self._things()
        handset = self.handset or (things[-1]["handset"] if things else "")
        shown = [thing for thing in things if thing["handset"] == handset][-_SHOWN:]
        line = next((thing["line"] for thing in reversed(shown)), "")
        context = super().get_context_data(**kwargs)
        context.setdefault("write_form", WriteForm(initial={"handset": handset, "line": line}))
        return context | {
            "handset": handset,
            "handsets": list(dict.fromkeys(t["handset"] for t in reversed(things)))[:20],
            "lines": sorted({thing["line"] for thing in things if thing["line"].isdigit()}),
            "open_form": OpenForm(initial={"handset": handset}),
            "items": [_drawn(thing) for thing in reversed(shown)],
        }

    def _things(self) -> list[dict[str, Any]]:
        things = [
            {**data, "id": key, "kind": kind}
            for kind in ("sms", "call")
            for key, data in self.store.all(kind)
        ]
        return sorted(things, key=lambda thing: thing["at"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Write or call with a checked form; the rest is in ``perform``."""
        if request.POST.get("act") not in ("write", "dial"):
            return super().post(request, *args, **kwargs)
        form = WriteForm(request.POST)
        if not form.is_valid():
            context = self.get_context_data(write_form=form, form=form)
            return self.render_to_response(context, status=422)
        return super().post(request, *args, **kwargs)

    def perform(self, act: str) -> str | None:
        """Do what the owner of the handset does."""
        if act in ("write", "dial"):
            return self._to_the_platform(act)
        key = self.request.POST.get("id", "")
        choice = self.request.POST.get("choice", "")
        if act == "settle" and choice in FATES and self.store.get("sms", key):
            self.exchange.end_message(key, *FATES[choice][:2])
        elif act == "say" and choice in SPEECHES and self.store.get("call", key):
            self.exchange.speak(key, SPEECHES[choice][0])
        elif act == "pick" and choice in CALL_ACTS and self.store.get("call", key):
            self.exchange.end_call(key, *CALL_ACTS[choice][:2])
        else:
            raise Http404
        return None

    def _to_the_platform(self, act: str) -> str:
        form = WriteForm(self.request.POST)
        form.is_valid()
        handset, line = form.cleaned_data["handset"], form.cleaned_data["line"]
        if act == "write":
            self.exchange.write(handset, line, form.cleaned_data["text"])
            toast(self.request, _("The text is on its way to the platform."))
        else:
            self.exchange.dial(handset, line)
            toast(self.request, _("The handset calls the platform."))
        return f"{self.request.path}?{urlencode({'handset': handset})}"


def _drawn(thing: dict[str, Any]) -> dict[str, Any]:
    """Return a text or call with what the page needs to draw it."""
    is_sms, open_ = thing["kind"] == "sms", thing["state"] in ("sent", "ringing")
    choices = (FATES if is_sms else CALL_ACTS) if thing["outgoing"] and open_ else {}
    says_state = thing["outgoing"] or not is_sms
    offered = [(value, words) for value, (_state, _error, words) in choices.items()]
    act = "settle" if is_sms else "pick"
    if thing["state"] == "recording":
        offered, act = [(value, words) for value, (_s, words) in SPEECHES.items()], "say"
    return {
        **thing,
        "content": thing.get("text") or thing.get("data", ""),
        "error": thing.get("error", ""),
        "state_words": STATES.get(thing["state"], thing["state"]) if says_state else "",
        "choices": offered,
        "act": act,
        "heard": thing.get("actions", []) if thing["state"] in _HEARD else [],
        "time": thing["at"][11:19],
    }
