"""The console's WebSocket address."""

from django.urls import URLPattern, path

from imiconnect.console.live import application

websocket_urlpatterns: list[URLPattern] = [path("ws/live/", application)]
