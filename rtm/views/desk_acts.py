"""What agents do with a conversation besides answering: take, hand over, let in, close."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.console.confirm import ConfirmPage
from imiconnect.console.toasts import toast, warn
from imiconnect.console.words import Words
from imiconnect.manage import ActView
from imiconnect.rtm.desk import conversations, services
from imiconnect.rtm.desk.forms import AgentForm
from imiconnect.rtm.live import tell_of_conversation
from imiconnect.rtm.models import Stream, Thread, ThreadGuest


def thread_url(thread: Thread, request: HttpRequest) -> str:
    """Return the address of a conversation that keeps what the list shows."""
    query = request.GET.urlencode()
    url = reverse("rtm:conversation", args=[thread.pk])
    return f"{url}?{query}" if query else url


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
        tell_of_conversation(self.object)
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
            warn(self.request, taken.words)
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
        warn(self.request, _("Select the agent from the list."))
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


class SendOut(MemberRequiredMixin, ConfirmPage):
    """Take a guest's place away."""

    act = Act.CONVERSE
    section = "conversations"
    title = _("Take the guest's place away")
    act_label = _("Take the place away")
    keep_label = _("Keep the guest")
    back_label = _("Conversation")

    @cached_property
    def guest(self) -> ThreadGuest:
        """The guest of the address, in a conversation that the agent sees; others are 404."""
        rows = conversations.conversations_for(acting(self.request))
        thread = get_object_or_404(rows, pk=self.kwargs["thread_id"])
        guests = ThreadGuest.objects.filter(thread=thread)
        guests = guests.select_related("agent__user", "thread__app", "thread__stream")
        found: ThreadGuest = get_object_or_404(guests, agent=self.kwargs["agent_id"])
        return found

    @property
    def back_url(self) -> str:  # type: ignore[override]  # depends on the conversation
        """The conversation."""
        return thread_url(self.guest.thread, self.request)

    def get_object_name(self) -> str:
        """Name the guest."""
        return str(self.guest.agent.user.name)

    def consequences(self) -> list[Words]:
        """Say what is lost and what stays."""
        return [
            _("The agent neither sees nor answers this conversation any more."),
            _("What they have answered stays, and they can be let in again."),
        ]

    def perform(self) -> str:
        """Do it; who has given up an own place goes to the list."""
        guest, member = self.guest, acting(self.request)
        services.send_out(thread=guest.thread, agent=guest.agent, by=member)
        tell_of_conversation(guest.thread)
        words = _("%(name)s has no place in the conversation any more.")
        toast(self.request, words % {"name": guest.agent.user.name})
        visible = conversations.conversations_for(member).filter(pk=guest.thread_id)
        return self.back_url if visible.exists() else reverse("rtm:conversations")


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
