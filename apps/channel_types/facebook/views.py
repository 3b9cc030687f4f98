"""Advanced settings of a page: plugins, welcome screen, persistent menu, Messenger code."""

import io
from typing import Any

import segno
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from imiconnect.apps.channel_types.facebook.config import MAX_MENU
from imiconnect.apps.channel_types.facebook.forms import MenuFormSet, PluginForm, WelcomeForm
from imiconnect.apps.channel_types.facebook.profile import save_profile
from imiconnect.apps.channel_types.facebook.snippets import CHECKBOX, Look, link, snippet
from imiconnect.apps.channel_types.facebook.type import TYPE
from imiconnect.apps.models import App
from imiconnect.apps.views.base import manage_url
from imiconnect.apps.views.connection import AdvancedMixin
from imiconnect.console import once
from imiconnect.console.forms import FormPage, PageMixin
from imiconnect.console.toasts import toast
from imiconnect.manage import refuse


class _PageMixin(AdvancedMixin):
    """A page about an app of this type; 404 for an app of another."""

    def find(self, member: Any) -> App:
        """Return the app, or 404."""
        return super().find_of(member, TYPE.slug)


class Plugins(_PageMixin, FormPage):
    """GET CODE: choose a plugin, see it, copy the code; the site is allowed at Meta."""

    title = _("Messenger plugins")
    form_class = PluginForm
    template_name = "apps/channel_types/facebook/plugins.html"
    submit_label = _("NEXT")

    def get_initial(self) -> dict[str, Any]:
        """Begin with the last site."""
        sites = self.object.config.get("domains", [])
        return {"site": sites[-1] if sites else ""}

    def form_valid(self, form: Any) -> HttpResponse:
        """Allow the site at Meta, and show the code."""
        values = form.cleaned_data
        sites = [*self.object.config.get("domains", []), values["site"]]
        try:
            app = save_profile(app=self.object, domains=list(dict.fromkeys(sites)))
        except ValidationError as error:
            return self._refused(form, error)
        look = Look(**{**values, "site": app.config["domains"][-1]})
        context = self.get_context_data(form=form)
        context |= {
            "code": snippet(app.account, look),
            "look": look,
            "is_checkbox": look.plugin == CHECKBOX,
        }
        return self.render_to_response(context)

    def _refused(self, form: Any, error: ValidationError) -> HttpResponse:
        problems = getattr(error, "error_dict", {}).get("domains")
        form.add_error("site" if problems else None, problems or error.messages)
        return self.form_invalid(form)


class Welcome(_PageMixin, FormPage):
    """The welcome message and the Get Started button."""

    title = _("Welcome screen")
    form_class = WelcomeForm
    template_name = "apps/channel_types/facebook/welcome.html"

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is set."""
        config = self.object.config
        payload = config.get("get_started", "")
        return {
            "greeting": config.get("greeting", ""),
            "enabled": bool(payload),
            "payload": payload,
        }

    def form_valid(self, form: Any) -> HttpResponse:
        """Set both, at Meta and here."""
        values = form.cleaned_data
        payload = values["payload"].strip() if values["enabled"] else ""
        try:
            save_profile(app=self.object, greeting=values["greeting"], get_started=payload)
        except ValidationError as error:
            if hasattr(error, "error_dict") and "get_started" in error.error_dict:
                error = ValidationError({"payload": error.error_dict["get_started"]})
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("The welcome screen is set."))
        return HttpResponseRedirect(manage_url(self.object))


class Menu(_PageMixin, PageMixin, TemplateView):
    """The persistent menu, up to five items."""

    title = _("Persistent menu")
    template_name = "apps/channel_types/facebook/menu.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the items."""
        formset = kwargs.pop("formset", None) or self._formset()
        context = super().get_context_data(**kwargs)
        return context | {
            "formset": formset,
            "may_add": len(formset.forms) < MAX_MENU,
            "has_button": bool(self.object.config.get("get_started")),
        }

    def _formset(self) -> Any:
        items = self.object.config.get("menu", [])
        return MenuFormSet(initial=items or [{}])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save, or show one more item."""
        found = self.object
        if request.POST.get("act") == "add":
            return self._one_more(request)
        return once.guarded(request, lambda: self._save(request, found))

    def _one_more(self, request: HttpRequest) -> HttpResponse:
        data = request.POST.copy()
        count = min(int(data.get("form-TOTAL_FORMS") or 0) + 1, MAX_MENU)
        data["form-TOTAL_FORMS"] = str(count)
        data.setdefault(f"form-{count - 1}-type", "web_url")
        formset = MenuFormSet(data)
        context = self.get_context_data(formset=formset, is_typing=True)
        return self.render_to_response(context)

    def _save(self, request: HttpRequest, app: App) -> HttpResponse:
        formset = MenuFormSet(request.POST)
        problems: list[Any] = []
        if formset.is_valid():
            items = [form.item for form in formset.forms if form.item]
            menu = [{"title": i.title, "type": i.type, "value": i.value} for i in items]
            try:
                save_profile(app=app, menu=menu)
            except ValidationError as error:
                problems = error.messages
            else:
                toast(request, _("The persistent menu is set."))
                return HttpResponseRedirect(manage_url(app))
        context = self.get_context_data(formset=formset, problems=problems)
        return self.render_to_response(context, status=422)


class Code(_PageMixin, PageMixin, TemplateView):
    """The QR code of the page's m.me link, which has replaced Messenger codes."""

    title = _("Messenger code")
    template_name = "apps/channel_types/facebook/code.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the link and where the images are."""
        key = [self.object.pk]
        return super().get_context_data(**kwargs) | {
            "link": link(self.object.account),
            "png_url": reverse("apps:facebook_code_png", args=key),
            "svg_url": reverse("apps:facebook_code_svg", args=key),
        }


class CodeImage(_PageMixin, View):
    """The QR code as PNG or SVG."""

    kind = "svg"
    _TYPES = {"png": "image/png", "svg": "image/svg+xml"}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw it; a file to keep where ``download`` is asked."""
        out = io.BytesIO()
        code = segno.make_qr(link(self.object.account), error="m")
        code.save(out, kind=self.kind, scale=8, border=4, dark="#000", light="#fff")
        answer = HttpResponse(out.getvalue(), content_type=self._TYPES[self.kind])
        if "download" in request.GET:
            name = f"messenger-{self.object.account}.{self.kind}"
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
