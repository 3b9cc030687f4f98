"""Addresses of the operator's API, below ``/sandbox/carrier/``."""

from django.urls import path

from imiconnect.sandbox.carrier import api

urlpatterns = [
    path("v1/messages", api.messages),
    path("v1/calls", api.calls),
]
