"""The Profile API of master profiles (facts, section 16)."""

from http import HTTPStatus

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.rtm import profile_batches as services
from imiconnect.rtm.models import Customer
from imiconnect.rtm.rest import profile_answers as answers
from imiconnect.rtm.rest.profile_base import (
    KEY,
    TAG,
    ProfileError,
    ProfileView,
    QueuedAnswer,
    RecordsBody,
    asked,
    batch_result,
    queued,
)


class CustomerProfileView(ProfileView):
    """Master profiles."""

    @extend_schema(
        tags=TAG,
        parameters=[KEY, OpenApiParameter("customerId", str), OpenApiParameter("transid", str)],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """Return a profile by ``customerId``, or the result of a batch by ``transid``."""
        if transid := asked(request, "transid"):
            return batch_result(self, transid)
        customer_id = asked(request, "customerId")
        if not customer_id:
            raise ProfileError("7003", "customerId is missing.", HTTPStatus.BAD_REQUEST)
        customer = Customer.objects.filter(
            organization=self.organization, customer_id=customer_id
        ).first()
        if customer is None:
            unknown = services.Outcome.UNKNOWN
            raise ProfileError(unknown.code, f"{unknown.description}.", HTTPStatus.NOT_FOUND)
        return Response(answers.records([answers.master(customer)]))

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def post(self, request: Request) -> Response:
        """Make profiles."""
        return queued(
            services.create_profiles(organization=self.organization, records=self.records())
        )

    @extend_schema(
        tags=TAG, parameters=[KEY], request=RecordsBody, responses={202: QueuedAnswer}
    )
    def put(self, request: Request) -> Response:
        """Merge attributes into profiles."""
        return queued(
            services.update_profiles(organization=self.organization, records=self.records())
        )

    @extend_schema(
        tags=TAG,
        parameters=[KEY, OpenApiParameter("customerId", str)],
        request=RecordsBody,
        responses={202: QueuedAnswer},
    )
    def delete(self, request: Request) -> Response:
        """Delete the profile of ``customerId``, or those of the body."""
        customer_id = asked(request, "customerId")
        records = [services.Record(customer_id)] if customer_id else self.records()
        return queued(services.delete_profiles(organization=self.organization, records=records))


class ProfileBatchView(ProfileView):
    """The result of a batch."""

    @extend_schema(tags=TAG, parameters=[KEY], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, transid: str) -> Response:
        """Return counts and one result for each record."""
        return batch_result(self, transid)
