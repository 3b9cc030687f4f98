"""Writes of conversation streams: which there are, and which one a service uses."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from imiconnect import locks
from imiconnect.accounts.models import Member
from imiconnect.apps.ports import Blocker
from imiconnect.apps.services import Blocked
from imiconnect.audit.services import record
from imiconnect.rtm.models import ServiceStream, Stream, Thread
from imiconnect.sharing.models import Service


@transaction.atomic
def create_stream(*, member: Member, name: str) -> Stream:
    """Make a conversation stream; raises ``ValidationError`` for a name that is taken."""
    stream = Stream(organization=member.organization, name=name.strip())
    _check(stream)
    stream.save(force_insert=True)
    record("stream.created", stream)
    return stream


@transaction.atomic
def rename_stream(*, stream: Stream, name: str) -> Stream:
    """Rename a stream; requests that name it must use the new name from now on."""
    locked = locks.locked(stream)
    before, locked.name = locked.name, name.strip()
    if locked.name == before:
        return locked
    _check(locked)
    locked.save(update_fields=["name"])
    record("stream.renamed", locked, before={"name": before}, after={"name": locked.name})
    return locked


@transaction.atomic
def delete_stream(*, stream: Stream) -> None:
    """Delete a stream; its threads stay, without one. Raises ``Blocked`` while in use."""
    locked = locks.locked(stream)
    uses = locked.uses.select_related("service").order_by("service__name")
    if uses.exists():
        names = ", ".join(use.service.name for use in uses[:5])
        raise Blocked([Blocker(_("Services use it: %(names)s.") % {"names": names})])
    record("stream.deleted", locked)
    # A user has one default thread without a stream, and may have it already.
    Thread.objects.filter(stream=locked, is_default=True).update(is_default=False)
    locked.delete()


@transaction.atomic
def use_stream(*, service: Service, stream: Stream) -> ServiceStream:
    """Give a service its one stream, in place of the one it had.

    Raises ``ValidationError`` for a stream of another organization.
    """
    if stream.organization_id != service.organization_id:
        raise ValidationError({"stream": [_("Select a stream of this organization.")]})
    locks.locked(service)
    before = stream_of(service)
    use: ServiceStream
    use, _made = ServiceStream.objects.update_or_create(
        service=service, defaults={"stream": stream}
    )
    if before != stream:
        was = {"stream": before.name} if before else {}
        record("service.stream_chosen", service, before=was, after={"stream": stream.name})
    return use


@transaction.atomic
def leave_stream(*, service: Service) -> None:
    """Take a service's stream away; nothing happens when it has none."""
    locks.locked(service)
    before = stream_of(service)
    if before is not None:
        ServiceStream.objects.filter(service=service).delete()
        record("service.stream_removed", service, before={"stream": before.name})


def stream_of(service: Service) -> Stream | None:
    """Return the stream of a service, if it has one."""
    stream: Stream | None = Stream.objects.filter(uses__service=service).first()
    return stream


def _check(stream: Stream) -> None:
    if not stream.name:
        raise ValidationError({"name": [_("Enter a name.")]})
    stream.full_clean()
