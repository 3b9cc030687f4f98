"""Addresses of the gateway."""

from django.urls import include, path

urlpatterns = [
    path("", include("imiconnect.rtm.rest.urls")),
    path("", include("imiconnect.rtm.views.urls")),
]
