"""'Why can I see this?' of an asset: for oneself, and for anybody an Admin chooses."""

import uuid
from typing import Any

from django import forms
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act
from imiconnect.accounts.models import Member
from imiconnect.apps.views.base import AppMixin, manage_url
from imiconnect.console.forms import ConsoleForm, PageMixin
from imiconnect.console.words import Words
from imiconnect.manage import ObjectMixin
from imiconnect.numbers.models import Number
from imiconnect.sharing.why import Reason, number_reasons, people_in_sight, reasons


class PersonForm(ConsoleForm):
    """Whose access to explain."""

    person = forms.ChoiceField(label=_("Person"))

    def __init__(self, *args: Any, people: list[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(p.pk), f"{p.user.get_full_name()} ({p.level})") for p in people]


class WhyPage(ObjectMixin, PageMixin, TemplateView):
    """The chains that lead from an asset to the person; a subclass finds the asset."""

    template_name = "sharing/why.html"

    def reasons(self, person: Member) -> list[Reason]:
        """Return the chains; a subclass says which."""
        raise AttributeError(f"{type(self).__name__} needs reasons")

    def page_of_asset(self) -> str:
        """Return the address of the asset's own page."""
        raise AttributeError(f"{type(self).__name__} needs page_of_asset")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the person and the reasons."""
        person, form = self.member, None
        if self.member.can(Act.MANAGE_PEOPLE):
            people = list(people_in_sight(self.member))
            person = self._chosen(people) or person
            form = PersonForm(initial={"person": str(person.pk)}, people=people)
        is_self = person.pk == self.member.pk
        name = person.user.get_full_name()
        title: Words = _("Why can I see this?")
        if not is_self:
            title = _("Why can %(name)s see this?") % {"name": name}
        return super().get_context_data(**kwargs) | {
            "title": title,
            "asset": self.object,
            "name": name,
            "is_self": is_self,
            "reasons": self.reasons(person),
            "form": form,
            "back_url": self.page_of_asset(),
            "back_label": str(self.object),
        }

    def _chosen(self, people: list[Member]) -> Member | None:
        """Return the person named in the address; one out of sight is 404."""
        text = self.request.GET.get("person", "")
        if not text or text == str(self.member.pk):
            return None
        try:
            key = uuid.UUID(text)
        except ValueError:
            key = uuid.UUID(int=0)
        found: Member = get_object_or_404(people_in_sight(self.member), pk=key)
        return found


class WhyApp(AppMixin, WhyPage):
    """Why somebody sees an app."""

    def reasons(self, person: Member) -> list[Reason]:
        """Return owner and shares."""
        return reasons(self.object, person)

    def page_of_asset(self) -> str:
        """Return the page of the app."""
        return manage_url(self.object)


class WhyNumber(WhyPage):
    """Why somebody sees a number."""

    section = "numbers"

    def find(self, member: Member) -> Number:
        """Return the number, or 404."""
        visible = Number.objects.visible_to(member)
        found: Number = get_object_or_404(visible, pk=self.kwargs["pk"])
        return found

    def reasons(self, person: Member) -> list[Reason]:
        """Return the owner: every number is the organization's."""
        return number_reasons(self.object, person)

    def page_of_asset(self) -> str:
        """Return the page of the number."""
        return reverse("numbers:manage", args=[self.object.pk])
