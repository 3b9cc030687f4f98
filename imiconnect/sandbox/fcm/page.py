"""Where a person has a Firebase project, and phones: with Android, or iPhones that use it."""

import datetime as dt
import json
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.sandbox.devices import DevicesPage, Facts, InstallForm, Note, at
from imiconnect.sandbox.fcm.service import Fcm
from imiconnect.sandbox.fcm.twin import base_url
from imiconnect.sandbox.sdk import Sdk


class _ProjectField(forms.CharField):
    """The id of a Firebase project."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Project ID"),
            max_length=30,
            initial="demo-project",
            validators=[
                RegexValidator(
                    r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$",
                    _("Project ID must have 6 to 30 small letters, digits and hyphens"),
                )
            ],
        )


class AccountForm(ConsoleForm):
    """Of which project the developer wants a private key."""

    prefix = "new"
    project = _ProjectField()


SYSTEMS = {"android": _("Android phone"), "ios": _("iPhone")}


class PhoneForm(InstallForm):
    """A phone with an app."""

    field_order = ("project", "system", "app_id", "client_key", "user")
    project = _ProjectField()
    system = forms.ChoiceField(
        label=_("Phone"), choices=list(SYSTEMS.items()), initial="android"
    )


class FcmPage(DevicesPage):
    """The Firebase console, and phones."""

    template_name = "sandbox/fcm/page.html"
    install_form = PhoneForm
    states: ClassVar = {
        "alive": _("Back to normal"),
        "dead": _("Delete the app"),
        "throttled": _("Ask for fewer"),
        "down": _("Fail at Google"),
    }
    words: ClassVar = {
        "title": _("Install the app on a new phone"),
        "install": _("Install and register"),
        "installed": _("The phone is registered with its registration token."),
        "token": _("Registration token"),
        "nobody": _("Phone"),
        "none": _("No notification has come yet."),
    }

    @property
    def fcm(self) -> Fcm:
        """The double."""
        return Fcm(self.store, base_url=base_url())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, or give out a service account."""
        if "file" not in request.GET:
            return super().get(request, *args, **kwargs)
        found = self.store.get("account", request.GET["file"])
        if found is None:
            raise Http404
        answer = HttpResponse(json.dumps(found["file"], indent=2), "application/json")
        name = _name_of(request.GET["file"], found)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the service accounts."""
        context = super().get_context_data(**kwargs)
        context.setdefault("account_form", AccountForm())
        rows = [
            (key, {**data, "name": _name_of(key, data)})
            for key, data in self.store.all("account")[::-1]
        ]
        return context | {"accounts": sorted(rows, key=lambda row: row[1]["project"])}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make an account with a checked form; the rest is in ``perform``."""
        if request.POST.get("act") != "account":
            return super().post(request, *args, **kwargs)
        form = AccountForm(request.POST)
        if form.is_valid():
            self._project = form.cleaned_data["project"]
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(account_form=form, form=form)
        return self.render_to_response(context, status=422)

    def perform(self, act: str) -> str | None:
        """Do what the developer does in the console, or the person with the phone."""
        if act != "account":
            return super().perform(act)
        self.fcm.new_account(self._project)
        toast(self.request, _("The private key is made."))
        return None

    def install(self, sdk: Sdk, values: dict[str, Any]) -> None:
        """Let Google give a registration token, and the app register with it."""
        token = self.fcm.new_device(values["project"], **self.known_of(values))
        self.sign_in(sdk, user=values["user"], token=token, system=values["system"])

    def facts_of(self, data: dict[str, Any]) -> Facts:
        """Return the project, and which phone it is."""
        system = SYSTEMS[data.get("system", "android")]
        return [(_("Project ID"), data["project"]), (_("Phone"), system)]

    def note_of(self, key: str, data: dict[str, Any]) -> Note:
        """Read a message as the phone does: each system has a part of its own."""
        message = data["message"]
        shown = message.get("notification", {})
        facts = _of_apple(message["apns"]) if "apns" in message else _of_android(message)
        return Note(
            key=key,
            title=shown.get("title", ""),
            body=shown.get("body", ""),
            link="",
            image=shown.get("image", ""),
            opened=data.get("opened", False),
            at=at(data),
            facts=[(name, value) for name, value in facts if value != ""],
            data=list(message.get("data", {}).items()),
        )

    def ids_of(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return what the SDK finds in ``data``."""
        found = data["message"].get("data", {})
        return found.get("appId", ""), found.get("tid", "")


def _of_android(message: dict[str, Any]) -> Facts:
    android = message.get("android", {})
    return [
        (_("Priority"), android.get("priority", "")),
        (_("Time to live"), android.get("ttl", "")),
        (_("Replaces by"), android.get("collapse_key", "")),
        (_("Sound"), android.get("notification", {}).get("sound", "")),
    ]


def _of_apple(part: dict[str, Any]) -> Facts:
    headers, aps = part.get("headers", {}), part.get("payload", {}).get("aps", {})
    until = int(headers.get("apns-expiration", 0))
    return [
        (_("Priority"), headers.get("apns-priority", "")),
        (_("Kept until"), dt.datetime.fromtimestamp(until, dt.UTC) if until else ""),
        (_("Replaces by"), headers.get("apns-collapse-id", "")),
        (_("Badge"), aps.get("badge", "")),
        (_("Sound"), aps.get("sound", "")),
    ]


def _name_of(key_id: str, account: dict[str, Any]) -> str:
    """Return what a key's file is called, as at Google by the beginning of the key's id."""
    return f"{account['project']}-firebase-adminsdk-{key_id[:10]}.json"
