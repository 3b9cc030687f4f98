"""What the views of the Profile API share: the profile key, records, and the envelope."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from imiconnect.accounts.middleware import client_address
from imiconnect.accounts.models import Organization
from imiconnect.rtm.models import ProfileBatch
from imiconnect.rtm.profile_batches import MAX_RECORDS, Record
from imiconnect.rtm.rest.fields import JSONParser, unstorable
from imiconnect.sources import is_allowed

log = logging.getLogger(__name__)

TAG = ["Profiles"]
KEY = OpenApiParameter("key", str, OpenApiParameter.HEADER, required=True)
MAX_ID = 100
_MAX_ATTRIBUTES = 32 * 1024


class ProfileError(exceptions.APIException):
    """A refusal with a documented code (facts/imiconnect.md, 13 and 16)."""

    def __init__(self, code: str, sentence: str, status: HTTPStatus) -> None:
        """Keep what the answer needs."""
        super().__init__(sentence)
        self.documented = code
        self.status_code = int(status)


class RecordBody(serializers.Serializer[Any]):
    """One profile."""

    customerId = serializers.CharField(max_length=MAX_ID)
    Attributes = serializers.DictField(required=False)


class RecordsBody(serializers.Serializer[Any]):
    """A batch: at most 100 records."""

    Records = RecordBody(many=True)


class EnvelopeAnswer(serializers.Serializer[Any]):
    """The inner part of every answer."""

    code = serializers.CharField()
    description = serializers.CharField()
    transid = serializers.CharField(required=False)


class QueuedAnswer(serializers.Serializer[Any]):
    """The answer to a batch: its result is read by its ``transid``."""

    response = EnvelopeAnswer()


class ProfileView(APIView):
    """A view for holders of the organization's profile key: ``self.organization``."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (JSONParser,)
    organization: Organization

    def get_exception_handler(self) -> Callable[..., Response]:
        """Answer errors in the envelope of this API."""
        return _envelope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the organization by the key."""
        self.organization = _organization(request)
        super().initial(request, *args, **kwargs)

    def records(self) -> list[Record]:
        """Return the records of the body; one that is wrong says so and stays in its place."""
        body = self.request.data
        listed = body.get("Records") if isinstance(body, dict) else None
        if not isinstance(listed, list) or not listed:
            raise ProfileError("7003", "Records is missing.", HTTPStatus.BAD_REQUEST)
        if len(listed) > MAX_RECORDS:
            limit = f"A batch has at most {MAX_RECORDS} records; this one has {len(listed)}."
            raise ProfileError("7012", limit, HTTPStatus.BAD_REQUEST)
        return [_record(entry) for entry in listed]


def queued(batch: ProfileBatch) -> Response:
    """Answer that a batch was taken."""
    return Response(
        {"response": {"code": "1001", "description": "Queued", "transid": str(batch.pk)}},
        status=HTTPStatus.ACCEPTED,
    )


def asked(request: Request, name: str) -> str:
    """Return a parameter of the address; 7011 for one that cannot be looked for."""
    value = str(request.query_params.get(name, ""))
    if unstorable(value):
        sentence = f"{name} has a character that cannot be kept."
        raise ProfileError("7011", sentence, HTTPStatus.BAD_REQUEST)
    return value


def batch_result(view: ProfileView, transid: str) -> Response:
    """Answer what became of a batch of the organization."""
    try:
        batch = ProfileBatch.objects.filter(
            organization=view.organization, pk=UUID(transid)
        ).first()
    except ValueError:
        batch = None
    if batch is None:
        raise ProfileError("7011", "There is no such transid.", HTTPStatus.NOT_FOUND)
    return Response(batch.result | {"transid": str(batch.pk)})


def _organization(request: Request) -> Organization:
    key = request.headers.get("key", "")
    if not key:
        raise ProfileError("7002", "The header key is missing.", HTTPStatus.UNAUTHORIZED)
    found: Organization | None = Organization.objects.with_profile_key(key)
    if found is None:
        raise ProfileError("7001", "The key is no profile key.", HTTPStatus.UNAUTHORIZED)
    source = client_address(request)
    if not is_allowed(found.profile_sources, source):
        sentence = f"The profile key may not be used from {source or 'an unknown address'}."
        raise ProfileError("7010", sentence, HTTPStatus.FORBIDDEN)
    return found


def _record(entry: Any) -> Record:
    if not isinstance(entry, dict):
        return Record("", problem="The record is not an object.")
    customer_id, attributes = entry.get("customerId"), entry.get("Attributes", {})
    if not isinstance(customer_id, str) or not customer_id.strip():
        return Record("", problem="customerId is missing.")
    if unstorable(customer_id):
        return Record("", problem="customerId has a character that cannot be kept.")
    if len(customer_id) > MAX_ID:
        return Record(
            customer_id[:MAX_ID], problem=f"customerId is longer than {MAX_ID} characters."
        )
    if not isinstance(attributes, dict):
        return Record(customer_id, problem="Attributes is not an object.")
    why = unstorable(attributes)
    if why is None and len(repr(attributes)) > _MAX_ATTRIBUTES:
        why = "is larger than 32 KB"
    return Record(customer_id, attributes, f"Attributes {why}." if why else "")


def _envelope(exc: Exception, context: dict[str, Any]) -> Response:
    """Return the answer to an error; 7006 for what is a fault of ours."""
    if isinstance(exc, ProfileError):
        return _answer(exc.documented, str(exc.detail), exc.status_code)
    if isinstance(exc, exceptions.ParseError):
        return _answer("7000", str(exc.detail), HTTPStatus.BAD_REQUEST)
    if isinstance(exc, exceptions.APIException):
        return _answer("7004", str(exc.detail), exc.status_code)
    log.error("The Profile API failed.", exc_info=exc)
    return _answer("7006", "An internal error occurred.", HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(code: str, description: str, status: int) -> Response:
    body = {"response": {"code": code, "description": description}}
    return Response(body, status=int(status))
