"""Addresses of the double: one for each subscription."""

from django.urls import path

from imiconnect.sandbox.serving import view
from imiconnect.sandbox.webpush.service import WebPushService

urlpatterns = [
    path("push/<str:subscription>", view("webpush", lambda store: WebPushService(store).answer))
]
