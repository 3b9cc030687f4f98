"""The live log of messages."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.console.addresses import address, address_of
from imiconnect.console.columns import EXACT, ID, LONG, STATE, Column, choice
from imiconnect.console.lists import Button, Empty, ListPage
from imiconnect.rtm.desk.contents import answer_in, had_no_room, media_of
from imiconnect.rtm.forms import MessageFilters
from imiconnect.rtm.masking import masked
from imiconnect.rtm.models import Message
from imiconnect.rtm.models.messages import Channel
from imiconnect.rtm.protocol.states import State
from imiconnect.rtm.search import call_in_words, narrowed, word_of
from imiconnect.rtm.shell import message_pages

_PREVIEW = 80  # characters


def journey_url(message: Message) -> str:
    """Return the address of a message's journey."""
    return address_of("rtm:journey", message.pk)


def preview(message: Message) -> str:
    """Return the beginning of the text, or an empty string where there is none."""
    text = str(message.payload.get("message") or call_in_words(message))
    if not text and any(map(had_no_room, media_of(message))):
        text = gettext("A file was not kept: the storage is full")
    text = text or answer_in(masked(message.payload))
    return text if len(text) <= _PREVIEW else f"{text[:_PREVIEW]}…"


def direction_word(message: Message) -> str:
    """Return MT or MO, which the filter explains: the table has no room for more."""
    return Message.Direction(message.direction).name


def source_of(message: Message) -> str:
    """Return the app, or the number of ours that a message went out from or came in over."""
    if message.app:
        return str(message.app.name)
    return str(message.payload.get("from") or message.payload.get("da") or "")


COLUMNS = (
    Column("accepted", _("Accepted"), "created_at", EXACT, href=journey_url),
    Column("state", _("State"), word_of, STATE),
    Column("direction", _("Direction"), direction_word),
    Column("address", _("Customer"), "addressee", ID),
    Column("text", _("Text"), preview, LONG),
    Column("app", _("App or number"), source_of),
    Column("service", _("Service"), "service.name"),
    Column("channel", _("Channel"), choice("channel", Channel)),
    Column("correlation_id", _("Correlation ID"), "correlation_id", ID),
)


class MessageLog(MemberRequiredMixin, ListPage):
    """Messages, newest first, with filters; new ones come in while the page is open."""

    template_name = "rtm/log.html"
    section = "messages"
    title = _("Messages")
    columns: ClassVar = COLUMNS
    export_name = "messages"
    caption = _("Messages, newest first")
    live_topics = ("messages",)
    live_states = tuple(State(number).name.lower() for number, _label in Message.STATES)

    @property
    def empty(self) -> Empty:  # type: ignore[override]  # the button depends on the role
        """Say what the log is for, and to those who may send, how to fill it."""
        text = _("Each message to and from customers is listed here, with what became of it.")
        return Empty(_("No messages yet"), text, self.primary(), "messages")

    def kinds(self) -> list[Button]:
        """Lead to the callbacks too."""
        return message_pages(self.request, "messages")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the messages of the services that this person may see."""
        messages: QuerySet[Any] = Message.objects.visible_to(acting(self.request))
        return messages.select_related("service", "app").defer("callback_data", "notify_url")

    def _rows(self, filters: Any) -> QuerySet[Any]:
        return narrowed(self.get_queryset(), filters.search(timezone.now()))  # type: ignore[arg-type]  # of messages

    def primary(self) -> Button | None:
        """Offer to send a message to those who may."""
        if not acting(self.request).can(Act.SEND_MESSAGES):
            return None
        return Button(_("Send a message"), address("rtm:send"), "send")

    def _filters(self) -> MessageFilters:
        return MessageFilters(self.request.GET, member=acting(self.request))
