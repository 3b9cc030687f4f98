"""Addresses that the operator gives to Apple: the landing page, and where messages come."""

from django.urls import path

from imiconnect.apps.channel_types.apple_business_chat import views
from imiconnect.apps.channel_types.apple_business_chat.provider import SLUG

urlpatterns = [
    path(f"apps/link/{SLUG}/", views.Landing.as_view(), name="apple_landing"),
    # Apple calls the address it was given, and ``/message`` behind it.
    path(
        f"hooks/{SLUG}/message",
        views.Message.as_view(),
        {"channel": SLUG},
        name="apple_message",
    ),
]
