"""Addresses of the double, as Google's have them."""

from django.urls import path

from imiconnect.sandbox.fcm.service import Fcm
from imiconnect.sandbox.fcm.twin import base_url
from imiconnect.sandbox.serving import view

_answer = view("fcm", lambda store: Fcm(store, base_url=base_url()).answer)

urlpatterns = [
    path("token", _answer),
    path("v1/projects/<str:project>/messages:send", _answer),
]
