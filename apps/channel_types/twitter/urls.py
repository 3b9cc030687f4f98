"""Addresses below ``/apps/<app_id>/`` of an account."""

from django.urls import path

from imiconnect.apps.channel_types.twitter import views

urlpatterns = [
    path("twitter/code/", views.Code.as_view(), name="twitter_code"),
    path("twitter/welcome/", views.Welcome.as_view(), name="twitter_welcome"),
]
