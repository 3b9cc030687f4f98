"""The base of the pages where a person plays phones or browsers that are notified."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import acting
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast, warn
from imiconnect.console.words import Words
from imiconnect.sandbox.sdk import CLICKED, DELIVERED, Refused, Sdk
from imiconnect.sandbox.views import TwinPage
from imiconnect.vault import decrypt, encrypt, fingerprint

#: Devices and notifications that a page shows, newest first.
SHOWN, NOTES = 10, 20
Facts = list[tuple[Words, Any]]


class InstallForm(ConsoleForm):
    """Which app is put on a new device, and who uses it."""

    app_id = forms.CharField(
        label=_("App ID"), max_length=100, help_text=_("From the app's MANAGE page.")
    )
    client_key = forms.CharField(
        label=_("Client key"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Shown when the app is created. It is needed once for each app."),
    )
    user = forms.CharField(
        label=_("User ID"),
        max_length=100,
        help_text=_("Who signs in there: a customer ID where the app asks for a profile."),
    )

    def __init__(self, *args: Any, page: "DevicesPage", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._page = page

    def clean(self) -> dict[str, Any]:
        """Find the client key that was given before."""
        values = super().clean() or self.cleaned_data
        known = self._page.store.get("app", self._page.own(values.get("app_id", "")))
        if not values.get("client_key"):
            if known is None:
                self.add_error("client_key", _("Enter the client key of this app"))
                return values
            values["client_key"] = decrypt(known["client_key"])
        return values


@dataclass(frozen=True)
class Note:
    """A notification as the device shows it, and what came with it unseen."""

    key: str
    title: str
    body: str
    link: str
    image: str
    opened: bool
    at: dt.datetime
    facts: Facts
    data: Facts


@dataclass(frozen=True)
class Device:
    """A phone or browser; ``state`` is what its provider would do with it.

    ``id`` names it in the page, where a token has characters that a selector cannot take.
    """

    id: str
    key: str
    name: str
    app_id: str
    token: str
    state: str
    facts: Facts
    notes: list[Note]
    may_write: bool


class DevicesPage(TwinPage):
    """Devices that a person makes, watches and taps on; a subclass knows its provider.

    A client key lets whoever has it register devices, so each organization has its own
    keys and devices here.

    Acts of every such page: ``install``, ``open``, ``behave``; and ``write`` on a phone.
    """

    template_name = "sandbox/devices.html"
    install_form: ClassVar[type[InstallForm]] = InstallForm
    device_kind: ClassVar[str] = "device"
    #: How a device can be, in the words of its buttons.
    states: ClassVar[dict[str, Words]]
    words: ClassVar[dict[str, Words]]

    def install(self, sdk: Sdk, values: dict[str, Any]) -> None:
        """Make a device with the app on it and register it; raises ``Refused``."""
        raise NotImplementedError

    def sign_in(self, sdk: Sdk, *, user: str, token: str, system: str) -> None:
        """Let the app on a new phone register with its token; a phone that may not goes."""
        device = f"{'iphone' if system == 'ios' else system}-{token[:8]}"
        try:
            sdk.register(user=user, device=device, system=system, token=token)
        except Exception:
            self.store.drop(self.device_kind, token)
            raise
        self.store.change(self.device_kind, token, device=device, system=system)

    @property
    def organization(self) -> str:
        """Whose devices are shown and made here."""
        return str(acting(self.request).organization_id)

    def own(self, name: str) -> str:
        """Return the key under which the organization keeps what others may call the same."""
        return f"{self.organization} {name}"

    def known_of(self, values: dict[str, Any]) -> dict[str, str]:
        """Return what a new device is kept with, whatever its provider."""
        known = {name: values[name] for name in ("app_id", "user")}
        return {**known, "organization": self.organization}

    def own_devices(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the organization's devices, oldest first."""
        return self.store.all(self.device_kind, organization=self.organization)

    def _own_device(self, key: str) -> dict[str, Any]:
        data = self.store.get(self.device_kind, key)
        if data is None or data.get("organization") != self.organization:
            raise Http404
        return data

    def behave(self, key: str, state: str) -> None:
        """Let the provider answer as for a device in this state."""
        self.store.change(self.device_kind, key, state=state)

    def facts_of(self, data: dict[str, Any]) -> Facts:
        """Return what is worth knowing of a device."""
        raise NotImplementedError

    def note_of(self, key: str, data: dict[str, Any]) -> Note:
        """Return a notification as it is shown."""
        raise NotImplementedError

    def ids_of(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return App ID and message id of a notification, as the SDK finds them in it."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the devices with their notifications, newest first."""
        context = super().get_context_data(**kwargs)
        context.setdefault("install_form", self.install_form(page=self, initial=self._before()))
        rows = self.own_devices()[::-1]
        return context | {
            "devices": [self._device(key, data) for key, data in rows[:SHOWN]],
            "states": self.states,
            "words": self.words,
            "hidden": max(0, len(rows) - SHOWN),
        }

    def _before(self) -> dict[str, Any]:
        rows = self.own_devices()
        names = ("app_id", "user", "topic", "gateway", "project")
        return {name: rows[-1][1][name] for name in names if rows and rows[-1][1].get(name)}

    def _device(self, key: str, data: dict[str, Any]) -> Device:
        notes = self.store.all("note", **{self.device_kind: key})[::-1][:NOTES]
        return Device(
            id=fingerprint(key),
            key=key,
            name=data.get("user", "") or str(self.words["nobody"]),
            app_id=data.get("app_id", ""),
            token=data.get("token", key),
            state=data["state"],
            facts=self.facts_of(data),
            notes=[self.note_of(*note) for note in notes],
            may_write="device" in data and data["state"] != "dead",
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Install with a checked form; the rest is in ``perform``."""
        if request.POST.get("act") != "install":
            return super().post(request, *args, **kwargs)
        form = self.install_form(request.POST, page=self)
        if form.is_valid() and self._install(form):
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(install_form=form, form=form)
        return self.render_to_response(context, status=422)

    def _install(self, form: InstallForm) -> bool:
        values = form.cleaned_data
        try:
            self.install(Sdk(values["app_id"], values["client_key"]), values)
        except Refused as refused:
            form.add_error(None, str(refused.words))
            return False
        kept = encrypt(values["client_key"])
        self.store.put("app", self.own(values["app_id"]), client_key=kept)
        return True

    def perform(self, act: str) -> str | None:
        """Do what the person does with a device."""
        if act == "install":
            toast(self.request, self.words["installed"])
        elif act == "behave":
            self._behave()
        elif act == "open":
            self._open()
        elif act == "write":
            self._write()
        else:
            raise Http404
        return None

    def _behave(self) -> None:
        key, state = self.request.POST.get("key", ""), self.request.POST.get("state", "")
        if state not in self.states:
            raise Http404
        self._own_device(key)
        self.behave(key, state)

    def _write(self) -> None:
        """Let the app start, which registers anew, and send what the person has typed."""
        key, text = self.request.POST.get("key", ""), self.request.POST.get("text", "").strip()
        data = self._own_device(key)
        app = self.store.get("app", self.own(data["app_id"]))
        if app is None or "device" not in data or not text:
            raise Http404
        sdk, who = Sdk(data["app_id"], decrypt(app["client_key"])), data["user"]
        try:
            sdk.register(user=who, device=data["device"], system=data["system"], token=key)
            sdk.write(text, user=who, device=data["device"])
        except Refused as refused:
            warn(self.request, refused.words)
        else:
            toast(self.request, _("The app has sent the message."))

    def _open(self) -> None:
        key = self.request.POST.get("key", "")
        note = self.store.get("note", key)
        if note is None:
            raise Http404
        self._own_device(note[self.device_kind])
        self.store.change("note", key, opened=True)
        app_id, tid = self.ids_of(note)
        if not tid:
            toast(self.request, _("Opened. It names no message, so there is nobody to tell."))
            return
        sdk = Sdk(app_id, "")
        try:
            sdk.track(tid, DELIVERED)
            sdk.track(tid, CLICKED)
        except Refused as refused:
            warn(self.request, refused.words)
        else:
            toast(self.request, _("Opened, and the app has told the platform."))


def at(data: dict[str, Any]) -> dt.datetime:
    """Return when a thing was made."""
    return dt.datetime.fromtimestamp(data.get("at", 0), dt.UTC)
