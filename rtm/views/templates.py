"""Messages > Templates: the list, one template with a preview, and what is done with it."""

import json
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import LONG, TIME, Column, choice
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import FormPage, PageMixin, back_to
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, ObjectMixin, refuse
from imiconnect.rtm.intake.answers import Refusal
from imiconnect.rtm.models import Channel, MessageTemplate
from imiconnect.rtm.models.templates import TEMPLATE_CHANNELS
from imiconnect.rtm.send_form import curl_of
from imiconnect.rtm.shell import message_pages
from imiconnect.rtm.telecom.parts import split_text
from imiconnect.rtm.views.send_sms import counted
from imiconnect.rtm.wordings import services
from imiconnect.rtm.wordings.forms import (
    PreviewForm,
    TemplateFilters,
    TemplateForm,
    initial_of,
)
from imiconnect.rtm.wordings.rendering import names_in
from imiconnect.rtm.wordings.shapes import example_of, notifications_in, text_of
from imiconnect.sharing.models import Rule
from imiconnect.sharing.rules.templates import FIELD, parameters_initial

_PREVIEW = 80  # characters


def url_of(template: MessageTemplate) -> str:
    """Return the address of a template's page."""
    return address_of("rtm:template", template.pk)


def _send_url(template: MessageTemplate) -> str:
    """Return the page that sends a template."""
    page = "rtm:send-sms" if template.channel == Channel.SMS else "rtm:send"
    return f"{reverse(page)}?template={template.pk}"


def _text(template: MessageTemplate) -> str:
    text = text_of(template.channel, template.content)
    return text if len(text) <= _PREVIEW else f"{text[:_PREVIEW]}…"


def _length(template: MessageTemplate) -> str:
    """Return how long the text is before parameters come in; of an SMS, its parts too."""
    text = text_of(template.channel, template.content)
    if template.channel != Channel.SMS:
        return str(len(text))
    return f"{len(text)} / {split_text(text).parts}"


class Templates(MemberRequiredMixin, ListPage):
    """The templates that a person's services may use, newest first."""

    section = "messages"
    title = _("Templates")
    act = Act.SEND_MESSAGES
    filter_form = TemplateFilters
    export_name = "templates"
    caption = _("Message templates, newest first")
    columns: ClassVar = (
        Column("name", _("Name"), href=url_of),
        Column("channel", _("Channel"), choice("channel", Channel)),
        Column("text", _("Text"), _text, LONG),
        Column("length", _("Characters / SMS parts"), _length),
        Column(
            "service",
            _("Service"),
            lambda row: row.service.name if row.service else _("Every service"),
        ),
        Column("locked", _("Locked"), lambda row: _("Locked") if row.is_locked else ""),
        Column("updated_at", _("Changed"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what they are for."""
        text = _("A template is a text with parameters that requests and people send by name.")
        return Empty(_("No templates yet"), text, self.primary(), "messages")

    def get_queryset(self) -> QuerySet[Any]:
        """Return those that the person may see."""
        rows: QuerySet[Any] = MessageTemplate.objects.visible_to(acting(self.request))
        return rows.select_related("service")

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find by a part of the name or the content."""
        if words := (values.get("q") or "").strip():
            queryset = queryset.alias(written=Cast("content", TextField())).filter(
                Q(name__icontains=words) | Q(written__icontains=words)
            )
        if channel := values.get("channel"):
            queryset = queryset.filter(channel=channel)
        return queryset

    def kinds(self) -> list[Button]:
        """Lead to the log."""
        return message_pages(self.request, "templates")

    def primary(self) -> Button | None:
        """Offer to make one to those who may."""
        if not acting(self.request).can(Act.MANAGE_SERVICES):
            return None
        return Button(_("ADD NEW"), reverse("rtm:template-new"), "plus")


class _TemplateFormPage(FormPage):
    form_class = TemplateForm
    template_name = "rtm/template_form.html"
    section = "messages"

    @property
    def channel(self) -> str:
        """The channel of the template."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add how many parts an SMS takes."""
        is_sms = self.channel == Channel.SMS
        form = kwargs.get("form") or self.get_form()
        typed = {"text": form["text"].value() or ""}
        return super().get_context_data(**(kwargs | {"form": form})) | {
            "is_sms": is_sms,
            "count": counted(typed) if is_sms else None,
        }

    def keep(self, form: TemplateForm) -> MessageTemplate:
        """Call the service; it may raise ``ValidationError``."""
        raise NotImplementedError

    def form_valid(self, form: TemplateForm) -> HttpResponse:
        """Keep it and lead to its page."""
        try:
            template = self.keep(form)
        except ValidationError as error:
            refuse(form, _as_fields(error))
            return self.form_invalid(form)
        toast(self.request, _("The template is saved."))
        return redirect(url_of(template))


class NewTemplate(MemberRequiredMixin, _TemplateFormPage):
    """Make a template of the channel in the address."""

    act = Act.MANAGE_SERVICES
    title = _("New template")
    submit_label = _("ADD NEW")
    back_url = cancel_url = reverse_lazy("rtm:templates")
    back_label = _("Templates")

    @property
    def channel(self) -> str:
        """The channel in the address, SMS unless it names one."""
        asked = self.request.GET.get("channel", "")
        return asked if asked in dict(TEMPLATE_CHANNELS) else str(Channel.SMS)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who makes what."""
        more = {"member": acting(self.request), "channel": self.channel}
        return super().get_form_kwargs() | more

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Offer the other channels."""
        page = reverse("rtm:template-new")
        kinds = [
            Button(label, f"{page}?channel={value}", current=value == self.channel)
            for value, label in TEMPLATE_CHANNELS
        ]
        return super().get_context_data(**kwargs) | {"kinds": kinds}

    def keep(self, form: TemplateForm) -> MessageTemplate:
        """Make it."""
        return services.create_template(
            member=acting(self.request),
            channel=self.channel,
            name=form.cleaned_data["name"],
            content=form.content,
            service=form.cleaned_data["service"],
            expiry_seconds=form.expiry_seconds,
        )


class TemplateMixin(ObjectMixin):
    """A page about one template."""

    act = Act.SEND_MESSAGES
    section = "messages"

    def find(self, member: Member) -> MessageTemplate:
        """Return the template, or 404."""
        rows = MessageTemplate.objects.visible_to(member).select_related("service")
        found: MessageTemplate = get_object_or_404(rows, pk=self.kwargs["template_id"])
        return found


class _ChangeableMixin(TemplateMixin):
    def find(self, member: Member) -> MessageTemplate:
        """Return the template; 403 for one that the person may not change."""
        template = super().find(member)
        if not services.may_change(member, template):
            raise PermissionDenied
        return template

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to it."""
        back = back_to(url_of(self.object), self.object.name)
        return super().get_context_data(**back, **kwargs)  # type: ignore[misc,no-any-return]


class TemplatePage(TemplateMixin, PageMixin, TemplateView):
    """One template: what it says, with sample values, and how a request names it."""

    template_name = "rtm/template.html"
    back_url = reverse_lazy("rtm:templates")
    back_label = _("Templates")

    @cached_property
    def samples(self) -> dict[str, str]:
        """The value of each parameter in the preview, its name unless one was typed."""
        asked = self.request.GET
        names = names_in(self.object.content)
        return {name: asked.get(f"{FIELD}{name}") or name for name in names}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the preview."""
        template: MessageTemplate = self.object
        sample = parameters_initial(self.samples)
        may_change = services.may_change(self.member, template)
        is_admin = self.member.role == Role.ADMIN
        return super().get_context_data(**kwargs) | {
            "title": template.name,
            "template": template,
            "channel": dict(TEMPLATE_CHANNELS)[template.channel],
            "form": PreviewForm(template=template, initial=sample),
            "parameters": names_in(template.content),
            **self._preview(template),
            "curl": curl_of(example_of(template, self.samples)),
            "send_url": _send_url(template),
            "may_change": may_change,
            "may_copy": services.may_make(self.member, template.service),
            "may_lock": is_admin and services.may_make(self.member, template.service),
        }

    def _preview(self, template: MessageTemplate) -> dict[str, Any]:
        try:
            payload = services.rendered(template, self.samples)
        except Refusal as refusal:
            return {"problem": refusal.sentence}
        text = str(payload["message"])
        is_sms = template.channel == Channel.SMS
        shown = {name: part for name, part in payload.items() if name != "message" and part}
        typed = {"text": text, "kind": payload.get("type", "")}
        return {
            "text": text,
            "notifications": notifications_in(template.channel, payload.get("push") or {}),
            "characters": len(text),
            "rest": json.dumps(shown, indent=2, ensure_ascii=False)
            if shown and not is_sms
            else "",
            "count": counted(typed) if is_sms else None,
        }


class EditTemplate(_ChangeableMixin, _TemplateFormPage):
    """Change a template."""

    act = Act.MANAGE_SERVICES
    title = _("Change the template")
    submit_label = _("UPDATE")

    @property
    def channel(self) -> str:
        """The channel of the template."""
        return str(self.object.channel)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form who changes what."""
        more = {"member": self.member, "channel": self.channel, "template": self.object}
        return super().get_form_kwargs() | more

    def get_initial(self) -> dict[str, Any]:
        """Begin with what is there."""
        return initial_of(self.object)

    def keep(self, form: TemplateForm) -> MessageTemplate:
        """Change it."""
        return services.change_template(
            member=self.member,
            template=self.object,
            name=form.cleaned_data["name"],
            content=form.content,
            expiry_seconds=form.expiry_seconds,
        )


class CopyTemplate(TemplateMixin, ActView):
    """Make another one like it, and go on to change it."""

    act = Act.MANAGE_SERVICES

    def perform(self) -> str:
        """Copy it."""
        copy = services.copy_template(member=self.member, template=self.object)
        toast(self.request, _("This is the copy. The template it was made of stays."))
        return reverse("rtm:template-edit", args=[copy.pk])


class LockTemplate(TemplateMixin, ActView):
    """Lock a template, or let others change it again."""

    act = Act.MANAGE_SERVICES
    locked = True

    def perform(self) -> str:
        """Do it; the toast offers to undo."""
        services.set_locked(member=self.member, template=self.object, locked=self.locked)
        name = "rtm:template-unlock" if self.locked else "rtm:template-lock"
        words = (
            _("The template is locked: Admins alone change it.")
            if self.locked
            else _("Others may change the template again.")
        )
        toast(self.request, words, undo_url=reverse(name, args=[self.object.pk]))
        return url_of(self.object)


class DeleteTemplate(_ChangeableMixin, ConfirmPage):
    """Deleting a template."""

    act = Act.MANAGE_SERVICES
    title = _("Delete the template")
    act_label = _("Delete the template")
    keep_label = _("Keep the template")

    def get_object_name(self) -> str:
        """Return its name."""
        return str(self.object.name)

    def consequences(self) -> list[Any]:
        """Say what stops and what stays."""
        rules = Rule.objects.filter(template=self.object.pk).select_related("service")
        return [
            _("Requests that name it are refused from then on."),
            *[
                _("The rule %(rule)s of %(service)s sends nothing until it has another one.")
                % {"rule": rule.name, "service": rule.service.name}
                for rule in rules.order_by("service__name", "position")
            ],
            _("Messages that were accepted go out as they are."),
        ]

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        services.delete_template(member=self.member, template=self.object)
        toast(self.request, _("The template %(name)s is deleted.") % {"name": name})
        return reverse("rtm:templates")


def _as_fields(error: ValidationError) -> ValidationError:
    """Put what is wrong with a content at the text, where people have written it."""
    if not hasattr(error, "error_dict"):
        return error
    fields = {
        {"content": "text", "expiry_seconds": "expiry"}.get(name, name): problems
        for name, problems in error.error_dict.items()
    }
    return ValidationError(fields)
