"""The console's WebSocket address; ``imiconnect.asgi`` adds sign-in and the origin check."""

from django.urls import URLPattern, path

from imiconnect.console.live import LiveConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/live/", LiveConsumer.as_asgi()),  # type: ignore[arg-type]  # as Channels documents
]
