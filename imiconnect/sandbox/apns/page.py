"""Where a person is a developer at Apple, and the one with the iPhone."""

import base64
import datetime as dt
import secrets
from typing import Any, ClassVar

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.console.forms import ConsoleForm
from imiconnect.console.toasts import toast
from imiconnect.sandbox.apns import authority
from imiconnect.sandbox.apns.service import Apns
from imiconnect.sandbox.devices import DevicesPage, Facts, InstallForm, Note, at
from imiconnect.sandbox.sdk import Sdk

_GATEWAYS = {
    "production": _("App Store or TestFlight"),
    "sandbox": _("Xcode"),
}


class _BundleField(forms.CharField):
    """A bundle ID."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Bundle ID"),
            max_length=150,
            validators=[
                RegexValidator(
                    r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
                    _("Bundle ID must be like com.example.app"),
                )
            ],
            **options,
        )


class KeyForm(ConsoleForm):
    """For which app the developer asks Apple for a key or a certificate."""

    prefix = "new"
    bundle = _BundleField(initial="com.example.app")
    days = forms.IntegerField(
        label=_("Days that a certificate is valid"),
        initial=365,
        min_value=-365,
        max_value=825,
        help_text=_("Few days show the warnings; a negative number makes one that has ended."),
    )


class PhoneForm(InstallForm):
    """An iPhone with an app."""

    field_order = ("topic", "gateway", "app_id", "client_key", "user")
    topic = _BundleField(initial="com.example.app")
    gateway = forms.ChoiceField(
        label=_("Installed from"), choices=list(_GATEWAYS.items()), initial="production"
    )


class ApnsPage(DevicesPage):
    """The account at Apple, and iPhones."""

    template_name = "sandbox/apns/page.html"
    install_form = PhoneForm
    states: ClassVar = {
        "alive": _("Back to normal"),
        "dead": _("Delete the app"),
        "throttled": _("Ask for fewer"),
        "down": _("Fail at Apple"),
    }
    words: ClassVar = {
        "title": _("Install the app on a new iPhone"),
        "install": _("Install and register"),
        "installed": _("The iPhone is registered with its device token."),
        "token": _("Device token"),
        "nobody": _("iPhone"),
        "none": _("No notification has come yet."),
    }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, or give out a file of the account."""
        if "file" in request.GET:
            return self._file(request.GET.get("kind", ""), request.GET["file"])
        return super().get(request, *args, **kwargs)

    def _file(self, kind: str, name: str) -> HttpResponse:
        found = self.store.get(kind, name) if kind in ("key", "certificate") else None
        if found is None:
            raise Http404
        if kind == "key":
            content, filename = found["pem"].encode(), f"AuthKey_{name}.p8"
        else:
            content, filename = base64.b64decode(found["file"]), f"{found['bundle']}.p12"
        answer = HttpResponse(content, content_type="application/octet-stream")
        answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the account has."""
        context = super().get_context_data(**kwargs)
        context.setdefault("key_form", KeyForm())
        return context | {
            "keys": self.store.all("key")[::-1],
            "certificates": self.store.all("certificate")[::-1],
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make a key or certificate with a checked form; the rest is in ``perform``."""
        if request.POST.get("act") not in ("key", "certificate"):
            return super().post(request, *args, **kwargs)
        form = KeyForm(request.POST)
        if form.is_valid():
            self._made = form.cleaned_data
            return super().post(request, *args, **kwargs)
        context = self.get_context_data(key_form=form, form=form)
        return self.render_to_response(context, status=422)

    def perform(self, act: str) -> str | None:
        """Do what the developer does at Apple, or the person with the iPhone."""
        if act == "key":
            Apns(self.store).new_key(self._made["bundle"])
            toast(self.request, _("The key is made."))
            return None
        if act == "certificate":
            self._certificate(self._made["bundle"], self._made["days"])
            toast(self.request, _("The certificate is made."))
            return None
        return super().perform(act)

    def _certificate(self, bundle: str, days: int) -> None:
        file, password = authority.issue(bundle, days=days)
        until = timezone.now() + dt.timedelta(days=days)
        self.store.put(
            "certificate",
            secrets.token_hex(4),
            bundle=bundle,
            file=base64.b64encode(file).decode(),
            password=password,
            until=f"{until:%d %b %Y}",
        )

    def install(self, sdk: Sdk, values: dict[str, Any]) -> None:
        """Let Apple give a device token, and the app register with it."""
        token = Apns(self.store).new_device(
            values["topic"], values["gateway"], **self.known_of(values)
        )
        self.sign_in(sdk, user=values["user"], token=token, system="ios")

    def facts_of(self, data: dict[str, Any]) -> Facts:
        """Return bundle and origin of the app."""
        origin = _GATEWAYS.get(data["gateway"], "")
        return [(_("Bundle ID"), data["topic"]), (_("Installed from"), origin)]

    def note_of(self, key: str, data: dict[str, Any]) -> Note:
        """Read a payload as iOS does."""
        payload, headers = data["payload"], data["headers"]
        alert = payload["aps"].get("alert") or {}
        alert = alert if isinstance(alert, dict) else {"body": alert}
        until = int(headers.get("apns-expiration", 0))
        facts: Facts = [
            (_("Kind"), headers.get("apns-push-type", "")),
            (_("Priority"), headers.get("apns-priority", "10")),
            (_("Kept until"), dt.datetime.fromtimestamp(until, dt.UTC) if until else ""),
            (_("Replaces by"), headers.get("apns-collapse-id", "")),
            (_("Topic"), headers.get("apns-topic", "")),
            (_("Badge"), payload["aps"].get("badge", "")),
            (_("Sound"), payload["aps"].get("sound", "")),
        ]
        own = [(name, value) for name, value in payload.items() if name not in ("aps", "image")]
        return Note(
            key=key,
            title=alert.get("title", ""),
            body=alert.get("body", ""),
            link="",
            image=payload.get("image", ""),
            opened=data.get("opened", False),
            at=at(data),
            facts=[(name, value) for name, value in facts if value != ""],
            data=own,
        )

    def ids_of(self, data: dict[str, Any]) -> tuple[str, str]:
        """Return what the SDK finds beside ``aps``."""
        return data["payload"].get("appId", ""), data["payload"].get("tid", "")
