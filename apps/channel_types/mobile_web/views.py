"""Pages of a mobile or web app: its push services, SDK files and JWT secret."""

from dataclasses import dataclass
from typing import Any

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.templatetags.static import static
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.apps import services as app_services
from imiconnect.apps.channel_types.mobile_web import downloads, support
from imiconnect.apps.channel_types.mobile_web.push.forms import (
    FORMS,
    LATER,
    METHOD_FORMS,
    CredentialsForm,
)
from imiconnect.apps.channel_types.mobile_web.snippets import opt_in
from imiconnect.apps.models import App, PushHealth
from imiconnect.apps.policy import policy_of
from imiconnect.apps.ports import PushDevices, answers
from imiconnect.apps.push import services
from imiconnect.apps.push.credentials import (
    LABELS,
    METHODS,
    Credentials,
    Gateway,
    Platform,
    WebPush,
    facts_of,
)
from imiconnect.apps.push.secrets import secrets_of
from imiconnect.apps.push.trial import PushError, send_trial
from imiconnect.apps.views.base import OwnAppMixin, manage_url
from imiconnect.audit.services import record
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import FormPage, back_to
from imiconnect.console.secret import show_once
from imiconnect.console.summary import SummaryRow
from imiconnect.console.templatetags.console import moment
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.keys import masked
from imiconnect.manage import ActView
from imiconnect.vault import fingerprint


def platforms_of(app: App) -> list[Platform]:
    """Return the platforms that an app's devices may be pushed on."""
    if app.config.get("platform") == "web":
        return [Platform.WEB]
    # One that the app has left still has its credentials, to be seen and removed.
    on = {*app.config.get("systems", ()), *secrets_of(app).push}
    return [item for item in (Platform.IOS, Platform.ANDROID) if item.value in on]


class _PlatformMixin(OwnAppMixin):
    """A page about one platform of an app; 404 for one that the app is not on."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Keep the platform."""
        super().setup(request, *args, **kwargs)  # type: ignore[misc]  # of the view
        self.platform: str = kwargs["platform"]

    def find(self, member: Any) -> App:
        """Return the app, or 404."""
        app = super().find(member)
        if self.platform not in [item.value for item in platforms_of(app)]:
            raise Http404
        return app

    @property
    def platform_name(self) -> Words:
        """The platform as pages call it."""
        return Platform(self.platform).label


class _PushForm(_PlatformMixin, FormPage):
    """A form about a platform's push service."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        back = back_to(manage_url(self.object), self.object.name)
        return super().get_context_data(**kwargs, **back)


class ChoosePush(_PushForm):
    """By which service a platform is pushed to."""

    submit_label = _("NEXT")

    @property
    def title(self) -> Words:  # type: ignore[override]  # it names the platform
        """Name the platform."""
        return _("Push for %(platform)s") % {"platform": self.platform_name}

    def get_form_class(self) -> Any:
        """Return the choice of this platform."""
        self.object  # noqa: B018 - 404 first
        return METHOD_FORMS[self.platform]

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the credentials."""
        method = form.cleaned_data["method"]
        if method == LATER:
            return HttpResponseRedirect(manage_url(self.object))
        slug = method.replace("_", "-")
        url = reverse("apps:push_configure", args=[self.object.pk, self.platform, slug])
        return HttpResponseRedirect(url)


class ConfigurePush(_PushForm):
    """The credentials of one push service."""

    @property
    def title(self) -> Words:  # type: ignore[override]  # it names platform and service
        """Name what is configured."""
        return _("Push for %(platform)s: %(service)s") % {
            "platform": self.platform_name,
            "service": self.method_name,
        }

    @property
    def method(self) -> str:
        """The kind of credentials; 404 for one that the platform has not."""
        method: str = self.kwargs["method"].replace("-", "_")
        kind = METHODS.get(method)
        if kind is None or self.platform not in kind.platforms:
            raise Http404
        return method

    @property
    def method_name(self) -> Words:
        """The kind of credentials as pages call it."""
        return METHODS[self.method].name

    def get_form_class(self) -> type[CredentialsForm]:
        """Return the form of the kind."""
        self.object  # noqa: B018 - 404 first
        return FORMS[self.method]

    def get_initial(self) -> dict[str, Any]:
        """Begin with what may be seen of what is there."""
        kept = services.credentials_of(self.object, self.platform)
        return facts_of(kept) if kept else {"contact": self.member.user.email}

    def get_form_kwargs(self) -> dict[str, Any]:
        """Let a site keep its keys."""
        kept = services.credentials_of(self.object, self.platform)
        more = {"before": kept} if isinstance(kept, WebPush) else {}
        return super().get_form_kwargs() | more

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the credentials."""
        services.configure_push(
            app=self.object, platform=self.platform, credentials=form.credentials
        )
        words = _("Push for %(platform)s is configured.") % {"platform": self.platform_name}
        toast(self.request, words)
        return HttpResponseRedirect(manage_url(self.object))


class RemovePush(_PlatformMixin, ConfirmPage):
    """Forgetting how a platform is pushed to."""

    act_label = _("Remove push")
    keep_label = _("Keep push")
    title = _("Remove push")

    def get_object_name(self) -> str:
        """Name app and platform."""
        return f"{self.object.name}, {self.platform_name}"

    def consequences(self) -> list[Words]:
        """Say what is lost."""
        lost = [_("Its credentials are deleted; devices that are not connected get nothing.")]
        if self.platform == Platform.WEB:
            lost.append(_("Every subscription ends: new keys do not fit the old ones."))
        return list(lost)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        back = back_to(manage_url(self.object), self.object.name)
        return super().get_context_data(**kwargs, **back)

    def perform(self) -> str:
        """Remove it."""
        services.remove_push(app=self.object, platform=self.platform)
        toast(self.request, _("Push is removed."))
        return manage_url(self.object)


class TrialPush(OwnAppMixin, ActView):
    """A test notification to the person's own browser; answers with a sentence, as JSON."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it to the subscription in the body."""
        app: App = self.object
        credentials = services.credentials_of(app, Platform.WEB)
        if not isinstance(credentials, WebPush):
            raise Http404
        title = gettext("%(name)s can reach this browser") % {"name": app.name}
        try:
            send_trial(
                app=app,
                credentials=credentials,
                subscription=request.body.decode(errors="replace"),
                title=title,
            )
        except ValueError as error:
            return JsonResponse({"sent": False, "words": str(error)}, status=422)
        except PushError as error:
            words = f"{error.problem.words} ({error.reason})"
            return JsonResponse({"sent": False, "words": words})
        words = gettext("The push service has taken it. The notification shows in a moment.")
        return JsonResponse({"sent": True, "words": words})


class DownloadSdk(OwnAppMixin, ActView):
    """The configuration file of an SDK; it holds the client key, so reading it is on record."""

    act = Act.REVEAL_SECRETS

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the file."""
        app, system = self.object, kwargs["system"]
        if system not in downloads.systems_of(app):
            raise Http404
        key = app_services.reveal_client_key(app=app)
        file = downloads.download(app, system, key)
        answer = HttpResponse(file.content, content_type=file.content_type)
        answer.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
        answer.headers["Cache-Control"] = "no-store"
        return answer


class RevealJwtSecret(OwnAppMixin, ActView):
    """Show the JWT secret once more; who did it is on record."""

    act = Act.REVEAL_SECRETS

    def perform(self) -> str:
        """Lead to the page that shows it."""
        secret = secrets_of(self.object).jwt_secret
        if not secret:
            raise Http404
        record("app.jwt_secret_revealed", self.object, after={"secret": fingerprint(secret)})
        return show_once(
            self.request,
            title=_("JWT secret key of %(name)s") % {"name": self.object.name},
            secrets={str(_("JWT secret key")): secret},
            next_url=manage_url(self.object),
        )


class RenewPayloadKey(OwnAppMixin, ActView):
    """Another key for payloads; devices fetch it by themselves."""

    def perform(self) -> str:
        """Make it; 404 where the app encrypts nothing."""
        if not policy_of(self.object).payload_encryption:
            raise Http404
        services.renew_payload_key(app=self.object)
        toast(self.request, _("The payload key is new. Connected devices fetch theirs now."))
        return manage_url(self.object)


@dataclass(frozen=True)
class PushRow:
    """What the MANAGE page says of one platform."""

    platform: str
    name: Words
    service: Words
    rows: list[SummaryRow]


def _health_rows(row: PushHealth | None, devices: PushDevices) -> list[SummaryRow]:
    """Return what came of pushing to a platform."""
    failure: Words = _("None")
    if row and row.last_failure:
        failure = format_html("{} {}", row.last_failure, moment(row.last_failed_at))
    return [
        SummaryRow(_("Devices that take push"), str(devices.live)),
        SummaryRow(_("Given up by the push service, last 7 days"), str(devices.dead)),
        SummaryRow(_("Last sent"), moment(row.last_sent_at if row else None) or _("None")),
        SummaryRow(_("Last failure"), failure),
    ]


def _rows(credentials: Credentials) -> list[SummaryRow]:
    shown = facts_of(credentials)
    return [
        SummaryRow(label, _shown(name, shown[name]))
        for name, label in LABELS.items()
        if shown.get(name)
    ] + [SummaryRow(_("Private key"), _hidden(credentials))]


def _shown(name: str, value: str) -> Words:
    if name == "valid_until":
        return moment(parse_datetime(value))
    return Gateway(value).label if name == "gateway" else value


def _hidden(credentials: Credentials) -> str:
    """Return a fingerprint: a PEM's first and last characters say nothing."""
    return f"•••• {fingerprint(credentials.key)}"


def manage_context(page: Any) -> dict[str, Any]:
    """Return what the MANAGE page draws of push, SDK files and the JWT secret."""
    app: App = page.object
    secrets, encrypts = secrets_of(app), policy_of(app).payload_encryption
    web = secrets.push.get(Platform.WEB.value)
    health = {row.platform: row for row in app.push_health.all()} if secrets.push else {}
    devices = answers.push_devices(app) if secrets.push else {}
    return {
        "push_rows": [
            PushRow(
                item.value,
                item.label,
                secrets.push[item.value].name if item.value in secrets.push else "",
                [
                    *_rows(secrets.push[item.value]),
                    *_health_rows(
                        health.get(item.value), devices.get(item.value, PushDevices())
                    ),
                ]
                if item.value in secrets.push
                else [],
            )
            for item in platforms_of(app)
        ],
        "sdk_files": [(name, downloads.FILES[name][0]) for name in downloads.systems_of(app)],
        "jwt_shown": masked(secrets.jwt_secret),
        "pin_obstacle": answers.pin_obstacle(app),
        "payload_key_id": secrets.payload_key_id if encrypts else "",
        "web_push": web,
        "opt_in": opt_in(app) if web else "",
        "worker_url": static("sdk/imiconnect-sw.js"),
        "support": support,
        "is_web": Platform.WEB in platforms_of(app),
    }
