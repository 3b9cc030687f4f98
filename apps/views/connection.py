"""Pages about the provider of an app: what is needed, the login, credentials, the check."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps import authorizations, credentials, health
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import ChannelType
from imiconnect.apps.models import App, AppHealth, Authorization
from imiconnect.apps.views.base import OwnAppMixin, manage_url
from imiconnect.console.forms import PageMixin, back_to
from imiconnect.console.secret import show_once
from imiconnect.console.toasts import toast, warn
from imiconnect.manage import ActView


def _kind(channel: str) -> ChannelType:
    kind = registry.by_slug().get(channel)
    if kind is None:
        raise Http404
    return kind


class Prerequisites(MemberRequiredMixin, PageMixin, TemplateView):
    """What a person needs at the provider before the first step of the wizard."""

    act = Act.MANAGE_APPS
    section = "apps"

    def get_template_names(self) -> list[str]:
        """Draw it as the type says."""
        return [_kind(self.kwargs["channel"]).instructions_template]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the list; each says whether it is met where the platform can tell."""
        kind = _kind(self.kwargs["channel"])
        needs = [(need, need.is_met() if need.is_met else None) for need in kind.prerequisites]
        return super().get_context_data(**kwargs) | {
            "kind": kind,
            "title": _("Before you begin"),
            "needs": needs,
            "is_ready": all(met is not False for _need, met in needs),
            "start_url": reverse("apps:configure", args=[kind.slug]),
            "back_url": reverse("apps:list"),
            "back_label": _("Apps"),
        }


class BeginLogin(MemberRequiredMixin, View):
    """Go to the provider's login page, from a wizard; ``next`` is where the person comes back.

    The page with the button allows the provider's origin as the target of a form.
    """

    act = Act.MANAGE_APPS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, channel: str) -> HttpResponse:
        """Begin, and lead to the provider."""
        back = _own_path(request, request.POST.get("next", ""))
        return _to_provider(request, channel, back)


class Reconnect(OwnAppMixin, ActView):
    """Log in at the provider again for an app that exists; its history stays."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin, and lead to the provider."""
        app = self.object
        return _to_provider(request, app.channel_type, manage_url(app), app=app)


def _to_provider(
    request: HttpRequest, channel: str, back: str, app: Any = None
) -> HttpResponse:
    try:
        _row, url = authorizations.begin(
            member=acting(request), channel_type=_kind(channel).slug, return_path=back, app=app
        )
    except ValidationError as error:
        return _could_not(request, error, back)
    return HttpResponseRedirect(url)


class Authorized(MemberRequiredMixin, View):
    """Where the provider sends the browser back to: the state is compared before all else."""

    act = Act.MANAGE_APPS
    http_method_names = ["get"]

    def get(self, request: HttpRequest, channel: str) -> HttpResponse:
        """Keep what was granted and go on where the person was."""
        kind = _kind(channel)
        try:
            row = authorizations.finish(
                member=acting(request), channel_type=kind.slug, query=request.GET.dict()
            )
            if row.app is not None:
                return self._reconnect(row)
        except ValidationError as error:
            return _could_not(request, error, reverse("apps:prerequisites", args=[kind.slug]))
        return HttpResponseRedirect(f"{row.return_path}?authorization={row.pk}")

    def _reconnect(self, row: Authorization) -> HttpResponse:
        member = acting(self.request)
        app = row.app
        if app is None or not type(app).objects.at_or_below(member).filter(pk=app.pk).exists():
            raise PermissionDenied
        account = app.account
        app = authorizations.reconnect(app=app, authorization=row)
        health.check_now(app=app)
        if app.account != account:
            try:
                authorizations.carry_over(app=app)
            except ValidationError as error:
                return _could_not(self.request, error, manage_url(app), is_changed=True)
        toast(self.request, _("The app %(name)s is connected again.") % {"name": app.name})
        return HttpResponseRedirect(manage_url(app))


def _could_not(
    request: HttpRequest, error: ValidationError, back: str, *, is_changed: bool = False
) -> HttpResponse:
    title = _("The login did not work")
    if is_changed:
        title = _("The account is changed, but does not take the app's settings")
    context = {
        "section": "apps",
        "title": title,
        "is_changed": is_changed,
        "problems": error.messages,
        "back_url": back,
    }
    return render(request, "apps/login_failed.html", context, status=422)


def _own_path(request: HttpRequest, path: str) -> str:
    is_own = url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_own and path.startswith("/") else reverse("apps:list")


class CheckApp(OwnAppMixin, ActView):
    """Ask the provider now whether the app works."""

    def perform(self) -> str:
        """Check, and say what came of it."""
        found = health.check_now(app=self.object)
        if found and found.state == AppHealth.State.HEALTHY:
            toast(self.request, _("The provider answered: the app works."))
        else:
            warn(self.request, _("The app does not work; its page says why."))
        return manage_url(self.object)


class RevealCredential(OwnAppMixin, ActView):
    """Show one credential; who did it is on record."""

    act = Act.REVEAL_SECRETS

    def perform(self) -> str:
        """Lead to the page that shows it once."""
        name = self.kwargs["name"]
        try:
            secret = credentials.reveal_secret(app=self.object, name=name)
        except ValidationError:
            raise Http404 from None
        label = registry.get(self.object.channel_type).secret_labels[name]
        return show_once(
            self.request,
            title=_("%(secret)s of %(name)s") % {"secret": label, "name": self.object.name},
            secrets={str(label): secret},
            next_url=manage_url(self.object),
        )


class AdvancedMixin(OwnAppMixin):
    """A page of a channel type below MANAGE, for people whose level owns the app."""

    kwargs: dict[str, Any]

    def find_of(self, member: Member, channel_type: str) -> App:
        """Return the app, or 404 for one of another type."""
        app = super().find(member)
        if app.channel_type != channel_type:
            raise Http404
        return app

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the app."""
        back = back_to(manage_url(self.object), self.object.name)
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]  # of the view beside
            **kwargs, **back, app=self.object
        )
        return context
