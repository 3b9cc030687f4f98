"""The gateway's sockets."""

from django.urls import path

from imiconnect.rtm.connect.websocket import MqttConsumer

websocket_urlpatterns = [
    path("mqtt", MqttConsumer.as_asgi()),  # type: ignore[arg-type]  # an ASGI route
    path("mqtt/", MqttConsumer.as_asgi()),  # type: ignore[arg-type]  # an ASGI route
]
