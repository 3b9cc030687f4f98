"""Customers > Topics: the list, one topic with its subscribers, making and deleting one."""

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act
from imiconnect.console.columns import FIGURE, TIME, Column
from imiconnect.console.forms import ConsoleForm
from imiconnect.console.lists import FilterForm
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, Card, ManagePage
from imiconnect.rtm import topics as services
from imiconnect.rtm.models import FanOut, Topic
from imiconnect.rtm.views.named import (
    APP,
    NAME,
    DeleteNamed,
    NamedList,
    NewNamed,
    NewNamedForm,
    OneNamed,
    lines_of,
    url_of,
)

_SHOWN = 20
_SENDS = 10


class TopicFilters(FilterForm):
    """The filters of the list."""

    q = forms.CharField(label=_("Name or group"), max_length=100)


class Topics(NamedList):
    """The topics of the apps that a person may see."""

    slug = "topic"
    title = _("Topics")
    filter_form = TopicFilters
    searched = ("name", "title", "group")
    export_name = "topics"
    caption = _("Topics, newest first")
    columns: ClassVar = (
        NAME,
        Column("title", _("Title")),
        APP,
        Column("group", _("Group")),
        Column("access", _("Access level"), lambda topic: topic.get_access_display()),
        Column("subscribers", _("Subscribers"), lambda topic: topic.subscribers, FIGURE),
        Column("created_at", _("Created"), kind=TIME),
    )
    none_yet = (
        _("No topics yet"),
        _("Users subscribe to a topic; what is sent to it goes to all of them."),
        "messages",
    )

    def get_queryset(self) -> QuerySet[Any]:
        """Return the topics with the number of their subscribers."""
        return services.with_subscribers(super().get_queryset())


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


class NewTopicForm(NewNamedForm, TopicForm):
    """A topic to make."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("Letters, digits and . _ : @ - without spaces, such as card-offers."),
    )


class NewTopic(NewNamed):
    """Make a topic."""

    slug = "topic"
    form_class = NewTopicForm
    title = _("New topic")
    back_url = cancel_url = reverse_lazy("rtm:topics")
    back_label = _("Topics")
    added = _("Topic added")

    def make(self, values: dict[str, Any]) -> Topic:
        """Create it."""
        return services.create_topic(**values)


class SubscribeForm(ConsoleForm):
    """Users to subscribe."""

    user_ids = forms.CharField(
        label=_("User IDs"),
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=_("One in each line, at most 1,000."),
    )


def _change(page: Any, values: dict[str, Any]) -> None:
    services.update_topic(topic=page.object, **values)
    toast(page.request, _("The topic is changed."))


def _subscribe(page: Any, values: dict[str, Any]) -> None:
    users = lines_of(values["user_ids"])
    added = services.subscribe(topic=page.object, user_ids=users)
    toast(page.request, _("Subscribed: %(count)s") % {"count": added})


class TopicPage(OneNamed, ManagePage):
    """One topic: its settings, who is subscribed, what was sent to it."""

    slug = "topic"
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


class Unsubscribe(OneNamed, ActView):
    """End one user's subscription."""

    slug = "topic"
    act = Act.MANAGE_CUSTOMERS

    def perform(self) -> str:
        """Unsubscribe the user of the form."""
        user = self.request.POST.get("user", "")
        services.unsubscribe(topic=self.object, user_ids=[user])
        toast(self.request, _("%(user)s is unsubscribed.") % {"user": user})
        return url_of(self.object)


class DeleteTopic(DeleteNamed):
    """Deleting a topic: its name is typed."""

    slug = "topic"
    heavy = True
    title = _("Delete the topic")
    act_label = _("Delete the topic")
    keep_label = _("Keep the topic")
    deleted = _("The topic %(name)s is deleted.")

    def consequences(self) -> list[Any]:
        """Say what goes with it."""
        sentence = _("It has %(count)s subscribers, who are no longer subscribed then.")
        return [
            sentence % {"count": self.object.subscriptions.count()},
            _("Its threads are deleted with it. The message log stays."),
            _("A message on its way to the topic fails for those who do not have it yet."),
        ]

    def erase(self) -> None:
        """Delete it."""
        services.delete_topic(topic=self.object)
