"""Customers > Topics: the list, one topic with its subscribers, making and deleting one."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.apps.models import App
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.forms import ConsoleForm, FormPage
from imiconnect.console.lists import Button, Empty, FilterForm, ListPage
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, Card, ManagePage, ObjectMixin, refuse
from imiconnect.rtm import topics as services
from imiconnect.rtm.models import FanOut, Topic
from imiconnect.rtm.shell import customer_pages

_SHOWN = 20
_SENDS = 10


def topic_url(topic: Topic) -> str:
    """Return the address of a topic's page."""
    return reverse("rtm:topic", args=[topic.pk])


def apps_with_devices(member: Member) -> "QuerySet[App]":
    """Return the apps for which a person may make topics."""
    from imiconnect.apps.channel_types import registry
    from imiconnect.apps.channel_types.base import Capability

    kinds = [kind.slug for kind in registry.all_types() if kind.can(Capability.DEVICES)]
    apps: QuerySet[App] = App.objects.visible_to(member).filter(channel_type__in=kinds)
    return apps.order_by("name")


class TopicFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Name or group"), max_length=100)


class Topics(MemberRequiredMixin, ListPage):
    """The topics of the apps that a person may see."""

    section = "customers"
    title = _("Topics")
    filter_form = TopicFilters
    export_name = "topics"
    caption = _("Topics, newest first")
    columns: ClassVar = (
        Column("name", _("Name"), href=topic_url),
        Column("title", _("Title")),
        Column("app", _("App"), "app.name"),
        Column("group", _("Group")),
        Column("access", _("Access level"), lambda topic: topic.get_access_display()),
        Column("subscribers", _("Subscribers"), lambda topic: topic.subscribers, FIGURE),
        Column("created_at", _("Created"), kind=TIME),
    )

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what topics are for."""
        text = _("Users subscribe to a topic; what is sent to it goes to all of them.")
        return Empty(_("No topics yet"), text, self.primary(), "messages")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the topics with the number of their subscribers."""
        topics: QuerySet[Any] = Topic.objects.visible_to(acting(self.request))
        found: QuerySet[Any] = topics.select_related("app").annotate(
            subscribers=Count("subscriptions")
        )
        return found

    def filtered(self, queryset: QuerySet[Any], values: dict[str, Any]) -> QuerySet[Any]:
        """Find by a part of the name, the title or the group."""
        words = (values.get("q") or "").strip()
        found = Q(name__icontains=words) | Q(title__icontains=words)
        return queryset.filter(found | Q(group__icontains=words)) if words else queryset

    def kinds(self) -> list[Button]:
        """Lead to customers and segments."""
        return customer_pages("topics")

    def primary(self) -> Button | None:
        """Offer to make a topic to those who may."""
        if not acting(self.request).can(Act.MANAGE_CUSTOMERS):
            return None
        return Button(_("ADD NEW"), reverse("rtm:topic-new"), "plus")


class TopicForm(ConsoleForm):
    """What can be changed of a topic."""

    title = forms.CharField(
        label=_("Title"), max_length=200, required=False, help_text=_("As people read it.")
    )
    description = forms.CharField(label=_("Description"), max_length=500, required=False)
    group = forms.CharField(
        label=_("Group"),
        max_length=100,
        required=False,
        help_text=_("Topics of one group are shown together in an app."),
    )
    access = forms.ChoiceField(
        label=_("Access level"),
        choices=Topic.Access.choices,
        initial=Topic.Access.READ_WRITE,
        help_text=_("What subscribers may do: with Read they get messages and write none."),
    )


class NewTopicForm(TopicForm):
    """A topic to make."""

    app = forms.ModelChoiceField(queryset=App.objects.none(), label=_("App"))
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Letters, digits and . _ : @ - without spaces, such as card-offers."),
    )

    field_order = ("app", "name")

    def __init__(self, *args: Any, apps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["app"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = apps


class NewTopic(MemberRequiredMixin, FormPage):
    """Make a topic."""

    act = Act.MANAGE_CUSTOMERS
    form_class = NewTopicForm
    section = "customers"
    title = _("New topic")
    back_url = cancel_url = reverse_lazy("rtm:topics")
    back_label = _("Topics")

    def get_form_kwargs(self) -> dict[str, Any]:
        """Give the form the apps to choose from."""
        apps = apps_with_devices(acting(self.request))
        return super().get_form_kwargs() | {"apps": apps}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Create it."""
        try:
            topic = services.create_topic(**form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
            return self.form_invalid(form)
        toast(self.request, _("Topic added"))
        return redirect(topic_url(topic))


class SubscribeForm(ConsoleForm):
    """Users to subscribe."""

    user_ids = forms.CharField(
        label=_("User IDs"),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("One in each line, at most 1,000."),
    )


def lines_of(text: str) -> list[str]:
    """Return what stands in the lines of a text, without empty ones."""
    return [line for part in text.splitlines() if (line := part.strip())]


def _change(page: Any, values: dict[str, Any]) -> None:
    services.update_topic(topic=page.object, **values)
    toast(page.request, _("The topic is changed."))


def _subscribe(page: Any, values: dict[str, Any]) -> None:
    users = lines_of(values["user_ids"])
    added = services.subscribe(topic=page.object, user_ids=users)
    toast(page.request, _("Subscribed: %(count)s") % {"count": added})


class TopicMixin(ObjectMixin):
    """A page about one topic."""

    section = "customers"

    def find(self, member: Member) -> Topic:
        """Return the topic, or 404."""
        rows = Topic.objects.visible_to(member).select_related("app")
        found: Topic = get_object_or_404(rows, pk=self.kwargs["topic"])
        return found


class TopicPage(TopicMixin, ManagePage):
    """One topic: its settings, who is subscribed, what was sent to it."""

    template_name = "rtm/topic.html"
    back_url = reverse_lazy("rtm:topics")
    back_label = _("Topics")
    cards = (
        Card(
            "change",
            TopicForm,
            Act.MANAGE_CUSTOMERS,
            _change,
            initial=lambda page: {
                name: getattr(page.object, name) for name in services.EDITABLE
            },
        ),
        Card("subscribe", SubscribeForm, Act.MANAGE_CUSTOMERS, _subscribe),
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add subscribers that begin with what is looked for, and the latest sends."""
        words = self.request.GET.get("user", "").strip()[:128]
        rows = self.object.subscriptions.order_by("user_id")
        sent = FanOut.objects.visible_to(self.member).filter(
            app=self.object.app_id, kind="topic", plan=["topic", str(self.object.pk)]
        )
        return super().get_context_data(**kwargs) | {
            "title": self.object.name,
            "words": words,
            "total": rows.count(),
            "shown": _SHOWN,
            "subscribers": rows.filter(user_id__startswith=words)[:_SHOWN],
            "sends": sent.order_by("-id")[:_SENDS],
        }


class Unsubscribe(TopicMixin, ActView):
    """End one user's subscription."""

    act = Act.MANAGE_CUSTOMERS

    def perform(self) -> str:
        """Unsubscribe the user of the form."""
        user = self.request.POST.get("user", "")
        services.unsubscribe(topic=self.object, user_ids=[user])
        toast(self.request, _("%(user)s is unsubscribed.") % {"user": user})
        return topic_url(self.object)


class DeleteTopic(TopicMixin, ConfirmPage):
    """Deleting a topic: its name is typed."""

    act = Act.MANAGE_CUSTOMERS
    heavy = True
    title = _("Delete the topic")
    act_label = _("Delete the topic")
    keep_label = _("Keep the topic")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Lead back to the topic."""
        url = topic_url(self.object)
        back = {"back_url": url, "cancel_url": url, "back_label": self.object.name}
        return super().get_context_data(**back, **kwargs)

    def get_object_name(self) -> str:
        """Return the topic's name."""
        name: str = self.object.name
        return name

    def consequences(self) -> list[Any]:
        """Say what goes with it."""
        sentence = _("It has %(count)s subscribers, who are no longer subscribed then.")
        return [
            sentence % {"count": self.object.subscriptions.count()},
            _("Its threads are deleted with it. The message log stays."),
        ]

    def perform(self) -> str:
        """Delete it."""
        name = self.object.name
        services.delete_topic(topic=self.object)
        toast(self.request, _("The topic %(name)s is deleted.") % {"name": name})
        return reverse("rtm:topics")
