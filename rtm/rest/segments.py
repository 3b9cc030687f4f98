"""Calls on segments, which only customers' servers make."""

from http import HTTPStatus

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from imiconnect.identity import uuid7
from imiconnect.rtm import segments as services
from imiconnect.rtm.audience import size_of
from imiconnect.rtm.models import Segment
from imiconnect.rtm.rest import topic_bodies as bodies
from imiconnect.rtm.rest.base import RtmsView
from imiconnect.rtm.rest.device_bodies import DoneAnswer
from imiconnect.rtm.rest.devices import DONE, KEY, SERVICE_KEY
from imiconnect.rtm.rest.errors import Code, RtmsError
from imiconnect.rtm.rest.queries import named, query_of
from imiconnect.rtm.rest.topics import refused

TAG = ["RTM segments"]


class _SegmentsView(RtmsView):
    def segment_of(self, name: str) -> Segment:
        """Return a segment by its id or name; raises ``RtmsError``."""
        rows = Segment.objects.filter(app=self.app).select_related("app")
        found: Segment | None = named(rows, name)
        if found is None:
            missing = "The segment does not exist."
            raise RtmsError(Code.INVALID, missing, status=HTTPStatus.NOT_FOUND)
        return found


class SegmentsView(_SegmentsView):
    """The segments of an app."""

    @extend_schema(
        operation_id="rtmsAPI_api_v3_apps_segments_list",
        tags=TAG,
        parameters=[
            KEY,
            SERVICE_KEY,
            OpenApiParameter("start", int),
            OpenApiParameter("limit", int, description="1 to 100; 100 unless given."),
        ],
        responses=bodies.SegmentsAnswer,
    )
    def get(self, request: Request, app_id: str) -> Response:
        """List them by name."""
        self.need_server()
        query = query_of(bodies.TopicsQuery, request)
        rows = Segment.objects.filter(app=self.app).order_by("name", "id")
        part = rows[query["start"] : query["start"] + query["limit"]]
        listed = [bodies.segment_json(row, size_of(row)) for row in part]
        counts = {"total": rows.count(), "count": len(listed)}
        return Response(DONE | counts | {"segments": listed})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, SERVICE_KEY],
        request=bodies.SegmentBody,
        responses=bodies.NewSegmentAnswer,
    )
    def post(self, request: Request, app_id: str) -> Response:
        """Create one: an expression over topics, or a list of users."""
        self.need_server()
        values = self.body(bodies.SegmentBody)
        try:
            segment = services.create_segment(app=self.app, **values)
        except ValidationError as error:
            raise refused(error) from None
        made = {"id": str(segment.pk), "trans_id": str(uuid7())}
        shown = {"segment": bodies.segment_json(segment, size_of(segment))}
        return Response(DONE | made | shown)


class SegmentView(_SegmentsView):
    """One segment, by its id or name."""

    @extend_schema(tags=TAG, parameters=[KEY, SERVICE_KEY], responses=bodies.OneSegmentAnswer)
    def get(self, request: Request, app_id: str, segment: str) -> Response:
        """Show it with the number of its users now."""
        self.need_server()
        found = self.segment_of(segment)
        return Response(DONE | {"segment": bodies.segment_json(found, size_of(found))})

    @extend_schema(
        tags=TAG,
        parameters=[KEY, SERVICE_KEY],
        request=bodies.SegmentChanges,
        responses=bodies.OneSegmentAnswer,
    )
    def put(self, request: Request, app_id: str, segment: str) -> Response:
        """Change it; what is left out keeps its value."""
        self.need_server()
        values = self.body(bodies.SegmentChanges)
        found = self.segment_of(segment)
        try:
            changed = services.update_segment(segment=found, **values)
        except ValidationError as error:
            raise refused(error) from None
        return Response(DONE | {"segment": bodies.segment_json(changed, size_of(changed))})

    @extend_schema(tags=TAG, parameters=[KEY, SERVICE_KEY], responses=DoneAnswer)
    def delete(self, request: Request, app_id: str, segment: str) -> Response:
        """Delete it."""
        self.need_server()
        services.delete_segment(segment=self.segment_of(segment))
        return Response(DONE)
