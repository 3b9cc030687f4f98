"""Conversations: the desk on which agents answer customers."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Any

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
from imiconnect.console.forms import PageMixin
from imiconnect.console.lists import Button
from imiconnect.console.toasts import warn
from imiconnect.manage import refuse
from imiconnect.rtm.desk import conversations, services
from imiconnect.rtm.desk.conversations import NO_STREAM, SHOWS, Pick
from imiconnect.rtm.desk.files import limits_of
from imiconnect.rtm.desk.forms import AgentForm, ReplyForm
from imiconnect.rtm.live import tell_of_conversation
from imiconnect.rtm.models import Stream, Thread, ThreadGuest
from imiconnect.rtm.views.desk_acts import thread_url

_WORDS = {
    "waiting": _("Waiting"), "mine": _("Mine"), "all": _("All open"), "closed": _("Closed"),
}  # fmt: skip
#: The letters of a cursor (``console/paging.py``); whoever writes others gets the first page.
_CURSOR = re.compile(r"[\w-]{1,300}\Z", re.ASCII)
#: Which part htmx asks for, by the element it replaces.
_PARTS = {"desk-list": "rtm/desk/list.html", "desk-talk": "rtm/desk/talk.html"}


@dataclass(frozen=True)
class Guest:
    """An agent who is let in, and whether the person at the desk may end that."""

    agent: Member
    may_go: bool


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
        asked = self.request.GET
        show, cursor = asked.get("show", ""), _CURSOR.match(asked.get("cursor", ""))
        return Pick(
            _stream_key(asked.get("stream", "")),
            show if show in SHOWS else SHOWS[0],
            cursor.group() if cursor else "",
        )

    @cached_property
    def first(self) -> uuid.UUID | None:
        """The message that the talk begins with; None for the newest ones."""
        return _key(self.request.GET.get("first", ""))

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
            page = conversations.listed(self.member, self.pick)
            return shown | {
                "rows": page.rows,
                "page": page,
                "pick": self.pick,
                "open_id": self.thread.pk if self.thread else None,
                "first_url": self._url(),
                "back_url": self._url(cursor=page.back) if page.back else "",
                "further_url": self._url(cursor=page.further) if page.further else "",
            }
        assert self.thread is not None  # noqa: S101 - asked for with one
        return shown | self._talk(self.thread)

    def _inner(self, part: str, context: dict[str, Any]) -> tuple[str, str]:
        html = render_to_string(_PARTS[part], context, request=self.request)
        return html, hashlib.sha256(html.encode()).hexdigest()[:16]

    def _outer(self, part: str, html: str, digest: str) -> str:
        name = "rtm:conversation" if self.thread else "rtm:conversations"
        url = reverse(name, args=[self.thread.pk] if self.thread else [])
        first = f"first={self.first}&" if self.first and part == "desk-talk" else ""
        words = {
            "part_id": part,
            "part_url": f"{url}?{self._base()}&{first}",
            "digest": digest,
            "html": mark_safe(html),  # noqa: S308 - drawn by our template
        }
        return render_to_string("rtm/desk/part.html", words)

    def _drawn(self, part: str, context: dict[str, Any]) -> str:
        html, digest = self._inner(part, context)
        return mark_safe(self._outer(part, html, digest))  # noqa: S308 - drawn by our template

    def _base(self) -> str:
        base = f"stream={self.pick.stream}&show={self.pick.show}"
        return f"{base}&cursor={self.pick.cursor}" if self.pick.cursor else base

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
            form = self.kwargs.get("form") or ReplyForm(limits=limits_of(thread))
            agents = conversations.agents_for(self.member)
            context |= self._talk(thread) | {
                "form": form,
                "others": conversations.others_of_customer(self.member, thread),
                "agent_form": AgentForm(agents=agents, auto_id="hand-%s"),
                "guest_form": AgentForm(agents=agents, auto_id="guest-%s"),
                "guests": self._guests(thread),
                "is_admin": self.member.role == Role.ADMIN,
            }
            context["talk_part"] = self._drawn("desk-talk", context)
        return context

    def _guests(self, thread: Thread) -> list[Guest]:
        """Return who is let in."""
        holder = getattr(thread, "assignment", None)
        guests = ThreadGuest.objects.filter(thread=thread).select_related("agent__user")
        return [
            Guest(
                row.agent,
                services.may_send_out(holder, agent_id=row.agent_id, by=self.member),
            )
            for row in guests.order_by("id")
        ]

    def _talk(self, thread: Thread) -> dict[str, Any]:
        customer = conversations.customers_of([thread]).get((thread.app_id, thread.user_id))
        assignment = getattr(thread, "assignment", None)
        return {
            "customer": customer,
            "who": conversations.customer_words(customer, thread),
            "agent": conversations.agent_name(thread),
            "is_mine": bool(assignment and assignment.agent_id == self.member.pk),
            "talk": conversations.said_in(thread, self.first),
            "first": self.first,
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


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _stream_key(text: str) -> str:
    return text if text == NO_STREAM else str(_key(text) or "")


class Reply(Desk):
    """Send an answer."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it once, however often the button is pressed."""
        found = self.thread  # 404 before anything is said
        assert found is not None  # noqa: S101 - the address names one
        return once.guarded(request, lambda: self._send(found))

    def _send(self, thread: Thread) -> HttpResponse:
        form = ReplyForm(self.request.POST, self.request.FILES, limits=limits_of(thread))
        if form.is_valid() and self._is_sent(thread, form):
            tell_of_conversation(thread)
            return HttpResponseRedirect(thread_url(thread, self.request))
        form.forget_files()
        self.kwargs["form"] = form
        return self.render_to_response(self.get_context_data(), status=422)

    def _is_sent(self, thread: Thread, form: ReplyForm) -> bool:
        """Send it; else the form says why not."""
        try:
            services.reply(
                thread=thread,
                agent=self.member,
                text=form.cleaned_data["text"],
                files=form.attached(),
                once=once.token_of(self.request),
            )
        except ValidationError as error:
            refuse(form, error)
            return False
        except services.Taken as taken:
            form.add_error(None, taken.words)
            return False
        except services.PartlySent as partly:
            words = _("A part of your answer was not sent: {why}")
            warn(self.request, words.format(why=partly))
        return True
