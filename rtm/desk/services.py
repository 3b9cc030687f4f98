"""What agents do: take, hand over and give back conversations, answer, close, let others in."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Role
from imiconnect.apps.channel_types import registry
from imiconnect.audit.services import record
from imiconnect.rtm.desk import files as attachments
from imiconnect.rtm.desk.files import Attached
from imiconnect.rtm.intake import media
from imiconnect.rtm.intake.media import Medium
from imiconnect.rtm.media import services as storage
from imiconnect.rtm.models import Assignment, MediaFile, Stream, Thread, ThreadGuest
from imiconnect.rtm.services import Refusal, Request, Sent, send_requests
from imiconnect.rtm.threads import services_of, update_thread
from imiconnect.sharing.models import Service

MAX_TEXT = 4000


class Taken(Exception):
    """Another agent has the conversation; ``agent`` is who."""

    def __init__(self, agent: Member) -> None:
        """Keep who it is."""
        super().__init__(str(agent))
        self.agent = agent

    @property
    def words(self) -> str:
        """Say who has it, and what to do."""
        sentence = _("{name} answers this conversation. Ask to be let in, or to get it.")
        return sentence.format(name=self.agent.user.name)


class PartlySent(Exception):
    """Of an answer of several messages not all were accepted: ``sent`` were; says why."""

    def __init__(self, sentence: str, sent: list[Sent]) -> None:
        """Keep what was accepted."""
        super().__init__(sentence)
        self.sent = sent


class SentBefore(ValidationError):
    """Another answer was sent with this one's ``once``."""


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
def send_out(*, thread: Thread, agent: Member, by: Member) -> None:
    """Take a guest's place away: they neither see nor answer the conversation of another.

    The agent who has it, an Admin, and guests themselves may; where nobody has it, whoever
    sees it. Raises ``PermissionDenied`` for others. Nothing is done about who is no guest.
    """
    locks.locked(thread)
    holder = Assignment.objects.filter(thread=thread).first()
    if not may_send_out(holder, agent_id=agent.pk, by=by):
        raise PermissionDenied
    gone, _rows = ThreadGuest.objects.filter(thread=thread, agent=agent).delete()
    if gone:
        _recorded("conversation.unshared", thread, agent)


def may_send_out(holder: Assignment | None, *, agent_id: uuid.UUID, by: Member) -> bool:
    """Tell whether a person may take the place of a guest away."""
    if holder is None or by.role == Role.ADMIN:
        return True
    return by.pk in (holder.agent_id, agent_id)


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
    return change_thread(thread=thread, status=Thread.Status(status))


@transaction.atomic
def change_thread(*, thread: Thread, **changes: Any) -> Thread:
    """Change what ``update_thread`` may, as a person of the console does: it is on record.

    A conversation that is opened again waits for an agent, from now on unless it does already.
    """
    before = locks.locked(thread)
    changed = update_thread(thread=thread, **changes)
    if changed.status != before.status:
        is_desks = _is_desks(changed)
        if is_desks and changed.status == Thread.Status.ACTIVE:
            _queue(changed)
        what = "conversation" if is_desks else "thread"
        _recorded(f"{what}.{changed.status.lower()}", changed, None)
    told = {
        name: (getattr(before, name), getattr(changed, name))
        for name in sorted(changes.keys() - {"status"})
        if getattr(before, name) != getattr(changed, name)
    }
    if told:
        record(
            "thread.updated",
            changed,
            organization_id=changed.app.organization_id,
            before={name: old for name, (old, _new) in told.items()},
            after={name: new for name, (_old, new) in told.items()},
        )
    return changed


def _is_desks(thread: Thread) -> bool:
    """Tell whether agents answer in a thread: it is a conversation with one user."""
    is_conversation: bool = thread.type == Thread.Type.CONVERSATION
    return is_conversation and thread.topic_id is None and bool(thread.user_id)


def reply(
    *,
    thread: Thread,
    agent: Member,
    text: str,
    files: Sequence[Attached] = (),
    once: uuid.UUID | None = None,
) -> list[Sent]:
    """Send an agent's answer; a conversation of nobody becomes theirs first.

    Not inside a transaction. An answer with files may be several messages, as the channel has
    it. The same answer with the same ``once`` is sent once, for a day: what was sent before is
    returned again. Raises ``Taken`` where another agent has it and neither the stream nor a
    guest's place lets this one answer, ``PartlySent``, ``SentBefore``, and other
    ``ValidationError`` when it cannot be sent; then nothing was, and no file is kept.
    """
    text = text.strip()
    if not (text or files) or len(text) > MAX_TEXT:
        raise ValidationError({"text": [_("Enter an answer of at most 4,000 characters.")]})
    limits = attachments.limits_of(thread)
    checked = attachments.checked(limits, files)
    service = _service_of(thread)
    medium = media.serving(registry.get(thread.app.channel_type).channel)
    if service is None or medium is None:
        raise ValidationError(_("No service is live that could send an answer."))
    if not _may_join(thread, agent):
        take(thread=thread, agent=agent)
    rows = attachments.kept(thread, checked)
    pairs = list(zip(checked, rows, strict=True))
    contents = attachments.contents(limits, text, agent.user.name, pairs)
    try:
        sent = _sent(
            thread, service, medium, contents, _Once(once, _digest(thread, text, files))
        )
    except PartlySent as partly:
        _forget_unsent(rows, contents, partly.sent)
        raise
    except ValidationError:
        storage.discard(rows)
        raise
    _forget_unsent(rows, contents, sent)
    if not all(result.is_repeat for result in sent):
        # What came meanwhile is for the agent who has the conversation now.
        Thread.objects.filter(pk=thread.pk).update(waits_since=None)
    return sent


@dataclass(frozen=True)
class _Once:
    """The name of an answer, if it has one, and what it says."""

    key: uuid.UUID | None
    digest: bytes


def _digest(thread: Thread, text: str, files: Sequence[Attached]) -> bytes:
    """Return what an answer says; the addresses of its files are new with each try."""
    told = [str(thread.pk), text]
    told += [
        part for file in files for part in (file.name, hashlib.sha256(file.data).hexdigest())
    ]
    return hashlib.sha256(json.dumps(told).encode()).digest()


def _forget_unsent(
    rows: Sequence[MediaFile], contents: Sequence[dict[str, Any]], sent: Sequence[Sent]
) -> None:
    """Delete the files that no message of this try names."""
    pairs = zip(contents, sent, strict=False)  # of an answer that broke off, the first ones
    named = [json.dumps(content) for content, result in pairs if not result.is_repeat]
    storage.discard([row for row in rows if not any(str(row.pk) in text for text in named)])


def _sent(
    thread: Thread,
    service: Service,
    medium: Medium,
    contents: Sequence[dict[str, Any]],
    once: _Once,
) -> list[Sent]:
    """Have all messages of an answer accepted, or, as far as can be known before, none."""
    requests = []
    for number, content in enumerate(contents):
        body = {
            "deliverychannel": medium.names[0],
            "appid": thread.app.app_id,
            "destination": [{medium.id_types[0]: [thread.user_id]}],
            "channels": {medium.names[0]: content},
            "thread": str(thread.pk),
        }
        key = f"desk/{once.key}/{number}" if once.key else ""
        requests.append(Request(service.pk, json.dumps(body).encode(), key, once.digest))
    try:
        for content in contents:
            medium.content(content, str(_("The answer")))
    except Refusal as refusal:
        raise ValidationError(refusal.sentence) from None
    results: list[Sent | Refusal] = []
    for request in requests:
        # One after the other: what is accepted in one moment has no order.
        results += send_requests([request])
        if isinstance(results[-1], Refusal):
            break
    refused = [result for result in results if isinstance(result, Refusal)]
    if any(refusal.status == HTTPStatus.UNPROCESSABLE_ENTITY for refusal in refused):
        raise SentBefore(_("This answer was sent before. Write what is new as another."))
    if len(refused) == len(results):
        raise ValidationError(refused[0].sentence)
    sent = [result for result in results if isinstance(result, Sent)]
    if refused:
        raise PartlySent(refused[0].sentence, sent)
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
