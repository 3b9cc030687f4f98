"""Conversations: the desk on which agents answer customers."""

import hashlib
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.console import once
from imiconnect.console.forms import ConsoleForm, PageMixin
from imiconnect.console.lists import Button
from imiconnect.console.live import notify
from imiconnect.console.toasts import toast
from imiconnect.manage import ActView, refuse
from imiconnect.rtm.desk import conversations, services
from imiconnect.rtm.desk.conversations import NO_STREAM, SHOWS, Pick
from imiconnect.rtm.live import group_of_messages
from imiconnect.rtm.models import Stream, Thread

_WORDS = {
    "waiting": _("Waiting"), "mine": _("Mine"), "all": _("All open"), "closed": _("Closed"),
}  # fmt: skip
#: Which part htmx asks for, by the element it replaces.
_PARTS = {"desk-list": "rtm/desk/list.html", "desk-talk": "rtm/desk/talk.html"}


def thread_url(thread: Thread, request: HttpRequest) -> str:
    """Return the address of a conversation that keeps what the list shows."""
    query = request.GET.urlencode()
    url = reverse("rtm:conversation", args=[thread.pk])
    return f"{url}?{query}" if query else url


class ReplyForm(ConsoleForm):
    """An answer."""

    text = forms.CharField(
        label=_("Your answer"),
        widget=forms.Textarea({"rows": 3}),
        max_length=services.MAX_TEXT,
        error_messages={"required": _("Enter your answer")},
    )


class AgentForm(ConsoleForm):
    """An agent of the list."""

    agent = forms.ModelChoiceField(
        queryset=Member.objects.none(),
        label=_("Agent"),
        empty_label=None,
        error_messages={"required": _("Select the agent")},
    )

    def __init__(self, *args: Any, agents: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["agent"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = agents
        field.label_from_instance = _name_of  # type: ignore[method-assign]  # documented


def _name_of(obj: Any) -> str:
    return str(obj.user.name)


class Desk(MemberRequiredMixin, PageMixin, TemplateView):
    """Streams on the left, conversations beside them, and the open one."""

    act = Act.CONVERSE
    template_name = "rtm/desk/page.html"
    section = "conversations"
    title = _("Conversations")

    @property
    def member(self) -> Member:
        """Who is at the desk."""
        return acting(self.request)

    @cached_property
    def pick(self) -> Pick:
        """What the list shows."""
        show, stream = self.request.GET.get("show", ""), self.request.GET.get("stream", "")
        return Pick(_stream_key(stream), show if show in SHOWS else SHOWS[0])

    @cached_property
    def thread(self) -> Thread | None:
        """The open conversation: None without one, 404 for one that the agent does not see."""
        if "thread_id" not in self.kwargs:
            return None
        rows = conversations.conversations_for(self.member)
        rows = rows.select_related("app", "service", "stream", "assignment__agent__user")
        found: Thread = get_object_or_404(rows, pk=self.kwargs["thread_id"])
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Draw the page, or the part that htmx asks for, or nothing when it did not change."""
        target = getattr(getattr(request, "htmx", None), "target", None) or ""
        part = target.rpartition("#")[2]  # htmx 4 writes div#desk-list
        if part in _PARTS and (self.thread or part != "desk-talk"):
            html, digest = self._inner(part, super().get_context_data() | self._shown(part))
            if request.GET.get("seen") == digest:
                return HttpResponse(status=204)
            return HttpResponse(self._outer(part, html, digest))
        return self.render_to_response(self.get_context_data(**kwargs))

    def _shown(self, part: str) -> dict[str, Any]:
        """Return the context of one part."""
        shown: dict[str, Any] = {"desk_base": self._base(), "thread": self.thread}
        if part == "desk-list":
            rows = conversations.listed(self.member, self.pick)
            return shown | {"rows": rows, "open_id": self.thread.pk if self.thread else None}
        assert self.thread is not None  # noqa: S101 - asked for with one
        return shown | self._talk(self.thread)

    def _inner(self, part: str, context: dict[str, Any]) -> tuple[str, str]:
        html = render_to_string(_PARTS[part], context, request=self.request)
        return html, hashlib.sha256(html.encode()).hexdigest()[:16]

    def _outer(self, part: str, html: str, digest: str) -> str:
        name = "rtm:conversation" if self.thread else "rtm:conversations"
        url = reverse(name, args=[self.thread.pk] if self.thread else [])
        words = {
            "part_id": part,
            "part_url": f"{url}?{self._base()}&",
            "digest": digest,
            "html": mark_safe(html),  # noqa: S308 - drawn by our template
        }
        return render_to_string("rtm/desk/part.html", words)

    def _drawn(self, part: str, context: dict[str, Any]) -> str:
        html, digest = self._inner(part, context)
        return mark_safe(self._outer(part, html, digest))  # noqa: S308 - drawn by our template

    def _base(self) -> str:
        return f"stream={self.pick.stream}&show={self.pick.show}"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the streams, the list and the open conversation."""
        thread = self.thread
        context = super().get_context_data(**kwargs) | {
            "streams": self._streams(),
            "shows": self._shows(),
            "may_share": self.member.can(Act.MANAGE_SERVICES),
            "open_stream": self._open_stream(),
        }
        context |= self._shown("desk-list")
        context["list_part"] = self._drawn("desk-list", context)
        if thread:
            form = self.kwargs.get("form") or ReplyForm()
            agents = conversations.agents_for(self.member)
            context |= self._talk(thread) | {
                "form": form,
                "others": conversations.others_of_customer(self.member, thread),
                "agent_form": AgentForm(agents=agents, auto_id="hand-%s"),
                "guest_form": AgentForm(agents=agents, auto_id="guest-%s"),
                "is_admin": self.member.role == Role.ADMIN,
            }
            context["talk_part"] = self._drawn("desk-talk", context)
        return context

    def _talk(self, thread: Thread) -> dict[str, Any]:
        customer = conversations.customers_of([thread]).get((thread.app_id, thread.user_id))
        assignment = getattr(thread, "assignment", None)
        return {
            "customer": customer,
            "who": conversations.customer_words(customer, thread),
            "agent": conversations.agent_name(thread),
            "is_mine": bool(assignment and assignment.agent_id == self.member.pk),
            "said": conversations.said_in(thread),
        }

    def _streams(self) -> list[Button]:
        total = Button(
            gettext("All streams"), self._url(stream=""), current=not self.pick.stream
        )
        counted = conversations.streams_for(self.member)
        return [
            total,
            *(
                Button(
                    f"{stream.name} ({stream.open})",
                    self._url(stream=stream.key),
                    current=self.pick.stream == stream.key,
                )
                for stream in counted
                if stream.key != NO_STREAM or stream.open
            ),
        ]

    def _shows(self) -> list[Button]:
        return [
            Button(label, self._url(show=show), current=self.pick.show == show)
            for show, label in _WORDS.items()
        ]

    def _open_stream(self) -> Stream | None:
        if self.pick.stream in ("", NO_STREAM):
            return None
        found: Stream | None = (
            Stream.objects.visible_to(self.member).filter(pk=self.pick.stream).first()
        )
        return found

    def _url(self, **changes: str) -> str:
        values = {"stream": self.pick.stream, "show": self.pick.show} | changes
        query = "&".join(f"{name}={value}" for name, value in values.items() if value)
        return f"{reverse('rtm:conversations')}?{query}"


def _stream_key(text: str) -> str:
    if text == NO_STREAM:
        return text
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


class Reply(Desk):
    """Send an answer."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it once, however often the button is pressed."""
        found = self.thread  # 404 before anything is said
        assert found is not None  # noqa: S101 - the address names one
        return once.guarded(request, lambda: self._send(found))

    def _send(self, thread: Thread) -> HttpResponse:
        form = ReplyForm(self.request.POST)
        if form.is_valid():
            try:
                services.reply(thread=thread, agent=self.member, text=form.cleaned_data["text"])
            except ValidationError as error:
                refuse(form, error)
            except services.Taken as taken:
                form.add_error(None, _taken_words(taken))
            else:
                tell(thread)
                return HttpResponseRedirect(thread_url(thread, self.request))
        self.kwargs["form"] = form
        return self.render_to_response(self.get_context_data(), status=422)


def _taken_words(taken: services.Taken) -> str:
    sentence = gettext("{name} answers this conversation. Ask to be let in, or to get it.")
    return sentence.format(name=taken.agent.user.name)


def tell(thread: Thread) -> None:
    """Hint to open desks that a conversation has changed."""
    group = group_of_messages(thread.app.organization_id)
    notify(group, changed={str(thread.pk): "conversation"})


class ThreadAct(ActView):
    """A small act on a conversation that the agent sees."""

    act = Act.CONVERSE

    def find(self, member: Member) -> Thread:
        """Return the conversation, or 404."""
        rows = conversations.conversations_for(member).select_related("app", "stream")
        found: Thread = get_object_or_404(rows, pk=self.kwargs["thread_id"])
        return found

    def perform(self) -> str:
        """Do it, tell the desks, and come back to the conversation."""
        self.change(self.object)
        tell(self.object)
        visible = conversations.conversations_for(self.member).filter(pk=self.object.pk)
        if visible.exists():
            return thread_url(self.object, self.request)
        return reverse("rtm:conversations")

    def change(self, thread: Thread) -> None:
        """Call one service and add a toast; a subclass says which."""
        raise AttributeError(f"{type(self).__name__} needs change")


class Take(ThreadAct):
    """Take a conversation that nobody has."""

    def change(self, thread: Thread) -> None:
        """Take it, unless another agent was quicker."""
        try:
            services.take(thread=thread, agent=self.member)
        except services.Taken as taken:
            toast(self.request, _taken_words(taken))
        else:
            toast(self.request, _("The conversation is yours."))


class GiveBack(ThreadAct):
    """Give a conversation back to all agents."""

    def change(self, thread: Thread) -> None:
        """Give it back."""
        services.hand_over(thread=thread, agent=None)
        toast(self.request, _("The conversation waits for any agent now."))


class _WithAgent(ThreadAct):
    def agent(self) -> Member | None:
        """Return the agent of the form; None, with a toast, when it names none."""
        form = AgentForm(self.request.POST, agents=conversations.agents_for(self.member))
        if form.is_valid():
            chosen: Member = form.cleaned_data["agent"]
            return chosen
        toast(self.request, _("Select the agent from the list."))
        return None


class HandOver(_WithAgent):
    """Give a conversation to another agent."""

    def change(self, thread: Thread) -> None:
        """Hand it over."""
        if agent := self.agent():
            services.hand_over(thread=thread, agent=agent)
            toast(self.request, _("%(name)s has the conversation.") % {"name": agent.user.name})


class LetIn(_WithAgent):
    """Let another agent see a conversation."""

    def change(self, thread: Thread) -> None:
        """Let them in."""
        if agent := self.agent():
            services.let_in(thread=thread, agent=agent)
            toast(
                self.request, _("%(name)s sees the conversation.") % {"name": agent.user.name}
            )


class SetThreadStatus(ThreadAct):
    """Close a conversation or open it again."""

    status = Thread.Status.CLOSED

    def change(self, thread: Thread) -> None:
        """Change it; the toast offers to undo."""
        services.set_status(thread=thread, status=self.status)
        closed = self.status == Thread.Status.CLOSED
        words = _("The conversation is closed.") if closed else _("The conversation is open.")
        name = "rtm:conversation-open" if closed else "rtm:conversation-close"
        toast(self.request, words, undo_url=reverse(name, args=[thread.pk]))


class ShareStream(ActView):
    """Let all agents of a stream see each other's conversations, or not."""

    act = Act.MANAGE_SERVICES

    def find(self, member: Member) -> Stream:
        """Return the stream, or 404."""
        found: Stream = get_object_or_404(
            Stream.objects.visible_to(member), pk=self.kwargs["stream_id"]
        )
        return found

    def perform(self) -> str:
        """Turn it the other way."""
        stream = services.share_stream(stream=self.object, shared=not self.object.is_shared)
        if stream.is_shared:
            toast(self.request, _("All agents see every conversation of the stream."))
        else:
            toast(self.request, _("Each agent sees the own conversations of the stream."))
        return f"{reverse('rtm:conversations')}?stream={stream.pk}&show=all"
