"""Addresses of the operator's API, below ``/sandbox/carrier/``."""

from django.urls import path

from imiconnect.sandbox.carrier import api, voicemail

urlpatterns = [
    path("v1/messages", api.messages),
    path("v1/calls", api.calls),
    path("v1/recordings/<slug:name>", voicemail.recording),
]
