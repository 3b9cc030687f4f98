"""Addresses of the double, as the API has them."""

from django.urls import path

from imiconnect.sandbox.wechat import api, media

urlpatterns = [
    path("cgi-bin/stable_token", api.stable_token),
    path("cgi-bin/message/custom/send", api.custom_send),
    path("cgi-bin/message/custom/typing", api.custom_typing),
    path("cgi-bin/media/upload", media.upload),
    path("cgi-bin/media/get", media.get),
    path("mmbiz/<str:key>", media.shown),
]
