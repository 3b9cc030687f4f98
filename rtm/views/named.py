"""What the pages of topics and of segments share: both are an app's, and have names.

A page says by ``slug`` which of the two it is about; addresses and their parameter are
called by it.
"""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.apps.channel_types.base import Capability
from imiconnect.apps.models import App
from imiconnect.console.addresses import address_of
from imiconnect.console.columns import Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage, back_to
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.console.toasts import toast
from imiconnect.console.words import Words
from imiconnect.manage import ObjectMixin, refuse
from imiconnect.rtm.models import Segment, Topic
from imiconnect.rtm.shell import customer_pages

Named = Topic | Segment
_MODELS: dict[str, Any] = {"topic": Topic, "segment": Segment}


def url_of(named: Named) -> str:
    """Return the address of its page."""
    slug = "topic" if isinstance(named, Topic) else "segment"
    return address_of(f"rtm:{slug}", named.pk)


def apps_with_devices(member: Member) -> QuerySet[App]:
    """Return the apps for which a person may make some."""
    kinds = [kind.slug for kind in registry.all_types() if kind.can(Capability.DEVICES)]
    apps: QuerySet[App] = App.objects.visible_to(member).filter(channel_type__in=kinds)
    return apps.order_by("name")


def lines_of(text: str) -> list[str]:
    """Return what stands in the lines of a text, without empty ones."""
    return [line for part in text.splitlines() if (line := part.strip())]


NAME = Column("name", _("Name"), href=url_of)
APP = Column("app", _("App"), "app.name")


class NamedMixin:
    """A page about topics or about segments."""

    section = "customers"
    slug: ClassVar[str]

    def visible_to(self, member: Member) -> QuerySet[Any]:
        """Return those that a person may see, each with its app."""
        rows: QuerySet[Any] = _MODELS[self.slug].objects.visible_to(member)
        return rows.select_related("app")


class NamedList(NamedMixin, MemberRequiredMixin, ListPage):
    """Those of the apps that a person may see."""

    #: The fields in which the words of the filter ``q`` are looked for.
    searched: ClassVar[tuple[str, ...]] = ("name",)
    #: What the list says while it is empty: title, what they are for, icon.
    none_yet: ClassVar[tuple[Words, Words, str]]

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what they are for."""
        title, text, icon = self.none_yet
        return Empty(title, text, self.primary(), icon)

    def get_queryset(self) -> QuerySet[Any]:
        """Return all of them."""
        return self.visible_to(acting(self.request))

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find by a part of the searched fields."""
        words = (values.get("q") or "").strip()
        found = Q()
        for field in self.searched:
            found |= Q(**{f"{field}__icontains": words})
        return queryset.filter(found) if words else queryset

    def kinds(self) -> list[Button]:
        """Lead to the other lists of customers."""
        return customer_pages(f"{self.slug}s")

    def primary(self) -> Button | None:
        """Offer to make one to those who may."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return None
        return Button(_("ADD NEW"), reverse(f"rtm:{self.slug}-new"), "plus")


class NewNamedForm(ConsoleForm):
    """One to make, for an app that is chosen here."""

    app = forms.ModelChoiceField(queryset=App.objects.none(), label=_("App"))

    field_order = ("app", "name")

    def __init__(self, *args: Any, apps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["app"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = apps


class NewNamed(NamedMixin, MemberRequiredMixin, FormPage):
    """Make one."""

    act = Act.MANAGE_CUSTOMERS
    added: ClassVar[Words]

    def make(self, values: dict[str, Any]) -> Named:
        """Call the service with what the form has; it may raise ``ValidationError``."""
        raise AttributeError(f"{type(self).__name__} needs make")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the apps to choose from."""
        apps = apps_with_devices(acting(self.request))
        return super().get_form_kwargs() | {"apps": apps}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Create it."""
        try:
            named = self.make(form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, self.added)
        return redirect(url_of(named))


class OneNamed(NamedMixin, ObjectMixin):
    """A page about one."""

    def find(self, member: Member) -> Any:
        """Return it, or 404."""
        return get_object_or_404(self.visible_to(member), pk=self.kwargs[self.slug])


class DeleteNamed(OneNamed, ConfirmPage):
    """Deleting one."""

    act = Act.MANAGE_CUSTOMERS
    #: A sentence with ``name``.
    deleted: ClassVar[Words]

    def erase(self) -> None:
        """Call the service."""
        raise AttributeError(f"{type(self).__name__} needs erase")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to it."""
        back = back_to(url_of(self.object), self.object.name)
        return super().get_context_data(**back, **kwargs)

    def get_object_name(self) -> str:
        """Return its name."""
        return str(self.object.name)

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        self.erase()
        toast(self.request, str(self.deleted) % {"name": name})
        return reverse(f"rtm:{self.slug}s")
