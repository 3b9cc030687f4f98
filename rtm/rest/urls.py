"""Routes of the IMIconnect-compatible interfaces that Django serves.

``mo`` and ``deliveryupdate``, the hot ones, are served by ``rtm/intake`` before Django.
"""

from django.urls import path

from imiconnect.rtm.rest import (
    app_profiles,
    devices,
    inbox,
    media,
    profiles,
    push,
    segments,
    threads,
    topics,
)

_V2 = "resources/v2/"
_V3 = "rtmsAPI/api/v3/"
_APP = f"{_V3}<str:app_id>/"
_APPS = f"{_V3}apps/<str:app_id>/"
_USER = f"{_APPS}user/<str:user_id>/"

urlpatterns = [
    # /rtmsAPI/api/v3/<appId>/
    path(f"{_APP}verifyPolicy", devices.VerifyPolicyView.as_view()),
    path(f"{_APP}register", devices.RegisterView.as_view()),
    path(f"{_APP}unregister", devices.UnregisterView.as_view()),
    path(f"{_APP}token", devices.TokenView.as_view()),
    path(f"{_APP}setUserId", devices.SetUserIdView.as_view()),
    path(f"{_APP}removeUserId", devices.RemoveUserIdView.as_view()),
    path(f"{_APP}setCustomerId", devices.SetCustomerIdView.as_view()),
    path(f"{_APP}removeCustomerId", devices.RemoveCustomerIdView.as_view()),
    path(f"{_APP}profileupdate", devices.ProfileUpdateView.as_view()),
    path(f"{_APP}message", threads.DeleteMessageView.as_view()),
    path(f"{_APP}push/subscriptions", push.SubscribeView.as_view()),
    path(f"{_APP}push/subscriptions/link", push.LinkView.as_view()),
    path(f"{_APP}push/subscriptions/unsubscribe", push.UnsubscribeView.as_view()),
    path(f"{_APP}trackDeliveryRequest", push.TrackView.as_view()),
    # /rtmsAPI/api/v3/apps/<appId>/
    path(f"{_APPS}threads", threads.AppThreadsView.as_view()),
    path(f"{_APPS}streams", threads.StreamsView.as_view()),
    path(f"{_USER}threads", threads.UserThreadsView.as_view()),
    path(f"{_USER}threads/<str:thread_id>", threads.UserThreadView.as_view()),
    path(f"{_USER}threads/<str:thread_id>/update", threads.UserThreadView.as_view()),
    path(f"{_USER}threads/<str:thread_id>/messages", threads.ThreadMessagesView.as_view()),
    path(f"{_APP}typing", inbox.TypingView.as_view()),
    path(f"{_USER}unreadthreads", inbox.UnreadThreadsView.as_view()),
    path(f"{_USER}threads/<str:thread_id>/typing", inbox.AgentTypingView.as_view()),
    path(f"{_APPS}topics", topics.TopicsView.as_view()),
    path(f"{_APPS}topics/<str:topic>", topics.TopicView.as_view()),
    path(f"{_APPS}topics/<str:topic>/users", topics.SubscribersView.as_view()),
    path(f"{_APPS}topics/<str:topic>/users/<str:user_id>", topics.SubscriberView.as_view()),
    path(f"{_USER}topics", topics.UserTopicsView.as_view()),
    path(f"{_APPS}segments", segments.SegmentsView.as_view()),
    path(f"{_APPS}segments/<str:segment>", segments.SegmentView.as_view()),
    path(f"{_APP}user/<str:user_id>/generatemedia", media.GenerateMediaView.as_view()),
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
    # /rtmsAPI/api/v3/ without an App ID
    path(f"{_V3}verifyPolicy", devices.missing_app_id),
    path(f"{_V3}register", devices.missing_app_id),
]
