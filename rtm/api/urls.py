"""Routes of the REST interface of the gateway's objects."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from imiconnect.rtm.api.contacts import ContactViewSet
from imiconnect.rtm.api.conversations import ConversationViewSet
from imiconnect.rtm.api.customers import AppProfileViewSet, CustomerViewSet
from imiconnect.rtm.api.optouts import OptOutViewSet, OptWordViewSet
from imiconnect.rtm.api.recordings import RecordingViewSet
from imiconnect.rtm.api.segments import SegmentViewSet
from imiconnect.rtm.api.streams import ServiceStreamViewSet, StreamViewSet
from imiconnect.rtm.api.templates import TemplateViewSet
from imiconnect.rtm.api.threads import ThreadViewSet
from imiconnect.rtm.api.topics import TopicViewSet

router = SimpleRouter()
router.register("customers", CustomerViewSet, basename="api-customer")
router.register("contacts", ContactViewSet, basename="api-contact")
router.register("app-profiles", AppProfileViewSet, basename="api-app-profile")
router.register("streams", StreamViewSet, basename="api-stream")
router.register("threads", ThreadViewSet, basename="api-thread")
router.register("conversations", ConversationViewSet, basename="api-conversation")
router.register("templates", TemplateViewSet, basename="api-template")
router.register("topics", TopicViewSet, basename="api-topic")
router.register("segments", SegmentViewSet, basename="api-segment")
router.register("recordings", RecordingViewSet, basename="api-recording")
router.register("opt-outs", OptOutViewSet, basename="api-opt-out")
router.register("opt-out-words", OptWordViewSet, basename="api-opt-word")

_STREAM = ServiceStreamViewSet.as_view(
    {"get": "retrieve", "put": "update", "delete": "destroy"}
)

urlpatterns = [
    *router.urls,
    path("services/<uuid:pk>/stream/", _STREAM, name="api-service-stream"),
]
