"""Routes of the IMIconnect-compatible interfaces that Django serves.

``mo`` and ``deliveryupdate``, the hot ones, are served by ``rtm/intake`` before Django.
"""

from django.urls import URLPattern, path

from imiconnect.rtm.rest import (
    app_profiles,
    devices,
    inbox,
    media,
    pins,
    profiles,
    push,
    segments,
    threads,
    topics,
)

_V2 = "resources/v2/"
#: The SDK of an app with a server inbox calls the second one; what answers is the same.
_VERSIONS = ("rtmsAPI/api/v3/", "rtmsAPI/api/v4/")


def _rtms(version: str) -> list[URLPattern]:
    """Return the routes of devices, and of servers about an app."""
    of_app = f"{version}<str:app_id>/"
    apps = f"{version}apps/<str:app_id>/"
    user = f"{apps}user/<str:user_id>/"
    return [
        # <appId>/
        path(f"{of_app}verifyPolicy", devices.VerifyPolicyView.as_view()),
        path(f"{of_app}register", devices.RegisterView.as_view()),
        path(f"{of_app}generatePin", pins.GeneratePinView.as_view()),
        path(f"{of_app}validatePin", pins.ValidatePinView.as_view()),
        path(f"{of_app}unregister", devices.UnregisterView.as_view()),
        path(f"{of_app}token", devices.TokenView.as_view()),
        path(f"{of_app}setUserId", devices.SetUserIdView.as_view()),
        path(f"{of_app}removeUserId", devices.RemoveUserIdView.as_view()),
        path(f"{of_app}setCustomerId", devices.SetCustomerIdView.as_view()),
        path(f"{of_app}removeCustomerId", devices.RemoveCustomerIdView.as_view()),
        path(f"{of_app}profileupdate", devices.ProfileUpdateView.as_view()),
        path(f"{of_app}message", threads.DeleteMessageView.as_view()),
        path(f"{of_app}push/subscriptions", push.SubscribeView.as_view()),
        path(f"{of_app}push/subscriptions/link", push.LinkView.as_view()),
        path(f"{of_app}push/subscriptions/unsubscribe", push.UnsubscribeView.as_view()),
        path(f"{of_app}trackDeliveryRequest", push.TrackView.as_view()),
        # apps/<appId>/
        path(f"{apps}threads", threads.AppThreadsView.as_view()),
        path(f"{apps}streams", threads.StreamsView.as_view()),
        path(f"{user}threads", threads.UserThreadsView.as_view()),
        path(f"{user}threads/<str:thread_id>", threads.UserThreadView.as_view()),
        path(f"{user}threads/<str:thread_id>/update", threads.UserThreadView.as_view()),
        path(f"{user}threads/<str:thread_id>/messages", threads.ThreadMessagesView.as_view()),
        path(f"{of_app}typing", inbox.TypingView.as_view()),
        path(f"{user}unreadthreads", inbox.UnreadThreadsView.as_view()),
        path(f"{user}threads/<str:thread_id>/typing", inbox.AgentTypingView.as_view()),
        path(f"{apps}topics", topics.TopicsView.as_view()),
        path(f"{apps}topics/<str:topic>", topics.TopicView.as_view()),
        path(f"{apps}topics/<str:topic>/users", topics.SubscribersView.as_view()),
        path(f"{apps}topics/<str:topic>/users/<str:user_id>", topics.SubscriberView.as_view()),
        path(f"{user}topics", topics.UserTopicsView.as_view()),
        path(f"{apps}segments", segments.SegmentsView.as_view()),
        path(f"{apps}segments/<str:segment>", segments.SegmentView.as_view()),
        path(f"{of_app}user/<str:user_id>/generatemedia", media.GenerateMediaView.as_view()),
        path(f"{version}verifyPolicy", devices.missing_app_id),
        path(f"{version}register", devices.missing_app_id),
    ]


urlpatterns = [
    *(route for version in _VERSIONS for route in _rtms(version)),
    # /rtmsAPI/api/v1/
    path("rtmsAPI/api/v1/media/<str:app_id>/upload", media.UploadView.as_view()),
    path("rtmsAPI/api/v1/media/<str:app_id>/<uuid:media_id>", media.read_media),
    # /resources/v2/
    path(f"{_V2}customerprofile", profiles.CustomerProfileView.as_view()),
    path(f"{_V2}customerprofile/status/<str:transid>", profiles.ProfileBatchView.as_view()),
    path(f"{_V2}customerappprofile/<str:app_id>", app_profiles.AppProfilesView.as_view()),
    path(
        f"{_V2}customerappprofile/<str:app_id>/<str:customer_id>",
        app_profiles.CustomerAppProfilesView.as_view(),
    ),
    path(
        f"{_V2}customerappprofile/<str:app_id>/<str:customer_id>/<str:device_id>",
        app_profiles.DeviceAppProfileView.as_view(),
    ),
]
