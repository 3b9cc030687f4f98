"""What agents do: take, hand over and give back conversations, answer, close, let others in."""

import json
import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.apps.channel_types import registry
from imiconnect.audit.services import record
from imiconnect.rtm.intake import media
from imiconnect.rtm.models import Assignment, Stream, Thread, ThreadGuest
from imiconnect.rtm.services import Refusal, Sent, send_request
from imiconnect.rtm.threads import services_of, update_thread
from imiconnect.sharing.models import Service

MAX_TEXT = 4000


class Taken(Exception):
    """Another agent has the conversation; ``agent`` is who."""

    def __init__(self, agent: Member) -> None:
        """Keep who it is."""
        super().__init__(str(agent))
        self.agent = agent


@transaction.atomic
def take(*, thread: Thread, agent: Member) -> Assignment:
    """Give a conversation to the agent who asks first; raises ``Taken`` for the others."""
    assignment, made = Assignment.objects.get_or_create(
        thread=thread, defaults={"agent": agent}
    )
    if assignment.agent_id != agent.pk:
        raise Taken(assignment.agent)
    if made:
        _recorded("conversation.taken", thread, agent)
    return assignment


@transaction.atomic
def hand_over(*, thread: Thread, agent: Member | None) -> None:
    """Give a conversation to an agent, whoever has it now; None gives it back to all.

    Raises ``ValidationError`` for an agent of another organization.
    """
    locks.locked(thread)
    if agent is None:
        Assignment.objects.filter(thread=thread).delete()
        _queue(thread)
    else:
        _check_same(thread, agent)
        Assignment.objects.update_or_create(thread=thread, defaults={"agent": agent})
    _recorded("conversation.handed_over", thread, agent)


@transaction.atomic
def let_in(*, thread: Thread, agent: Member) -> None:
    """Let another agent see and answer in a conversation."""
    _check_same(thread, agent)
    _guest, made = ThreadGuest.objects.get_or_create(thread=thread, agent=agent)
    if made:
        _recorded("conversation.shared", thread, agent)


@transaction.atomic
def share_stream(*, stream: Stream, shared: bool) -> Stream:
    """Let every agent see all conversations of a stream, or each only the own again."""
    locked = locks.locked(stream)
    if locked.is_shared != shared:
        locked.is_shared = shared
        locked.save(update_fields=["is_shared"])
        record("stream.shared" if shared else "stream.unshared", locked)
    return locked


@transaction.atomic
def set_status(*, thread: Thread, status: str) -> Thread:
    """Close a conversation or open it again, which keeps the place of who still waits."""
    changed = update_thread(thread=thread, status=Thread.Status(status))
    if changed.status == Thread.Status.ACTIVE:
        _queue(changed)
    _recorded(f"conversation.{status.lower()}", changed, None)
    return changed


def reply(*, thread: Thread, agent: Member, text: str, once: uuid.UUID | None = None) -> Sent:
    """Send an agent's answer; a conversation of nobody becomes theirs first.

    Not inside a transaction. Raises ``Taken`` where another agent has it and neither the
    stream nor a guest's place lets this one answer, and ``ValidationError`` when it cannot
    be sent.
    """
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        raise ValidationError({"text": [_("Enter an answer of at most 4,000 characters.")]})
    if not _may_join(thread, agent):
        take(thread=thread, agent=agent)
    service = _service_of(thread)
    medium = media.serving(registry.get(thread.app.channel_type).channel)
    if service is None or medium is None:
        raise ValidationError(_("No service is live that could send an answer."))
    content = {"message": {"text": text}, "senderId": agent.user.name}
    body = {
        "deliverychannel": medium.names[0],
        "appid": thread.app.app_id,
        "destination": [{medium.id_types[0]: [thread.user_id]}],
        "channels": {medium.names[0]: content if medium.channel == "rt" else {"text": text}},
        "thread": str(thread.pk),
    }
    try:
        sent = send_request(service=service, body=json.dumps(body).encode())
    except Refusal as refusal:
        raise ValidationError(refusal.sentence) from None
    # What came meanwhile is for the agent who has the conversation now.
    Thread.objects.filter(pk=thread.pk).update(waits_since=None)
    return sent


def _queue(thread: Thread) -> None:
    """Let a conversation wait for an agent, from now on unless it does already."""
    Thread.objects.filter(pk=thread.pk, waits_since=None).update(waits_since=timezone.now())


def _may_join(thread: Thread, agent: Member) -> bool:
    """Tell whether an agent answers beside the one who has the conversation."""
    assignment = Assignment.objects.filter(thread=thread).first()
    if assignment is None or assignment.agent_id == agent.pk:
        return False
    if thread.stream and thread.stream.is_shared:
        return True
    return ThreadGuest.objects.filter(thread=thread, agent=agent).exists()


def _service_of(thread: Thread) -> Service | None:
    """Return the first live service with a claim to the thread."""
    live = (row for row in services_of(thread) if row.state == Service.State.LIVE)
    return next(live, None)


def _check_same(thread: Thread, agent: Member) -> None:
    if agent.organization_id != thread.app.organization_id:
        raise ValidationError({"agent": [_("Select an agent from the list.")]})


def _recorded(action: str, thread: Thread, agent: Member | None) -> None:
    after = {"agent": str(agent.user)} if agent else {}
    record(action, thread, organization_id=thread.app.organization_id, after=after)
