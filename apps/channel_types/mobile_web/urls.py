"""Addresses below ``/apps/<app_id>/`` of a mobile or web app."""

from django.urls import path

from imiconnect.apps.channel_types.mobile_web import views

urlpatterns = [
    path("push/<slug:platform>/", views.ChoosePush.as_view(), name="push_choose"),
    path("push/<slug:platform>/remove/", views.RemovePush.as_view(), name="push_remove"),
    path(
        "push/<slug:platform>/<slug:method>/",
        views.ConfigurePush.as_view(),
        name="push_configure",
    ),
    path("push-trial/", views.TrialPush.as_view(), name="push_trial"),
    path("sdk/<slug:system>/", views.DownloadSdk.as_view(), name="sdk_download"),
    path("payload-key/renew/", views.RenewPayloadKey.as_view(), name="renew_payload_key"),
    path("jwt-secret/reveal/", views.RevealJwtSecret.as_view(), name="reveal_jwt"),
]
