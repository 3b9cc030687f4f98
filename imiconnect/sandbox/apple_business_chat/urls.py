"""Addresses of the double, as Apple's gateway has them."""

from django.urls import path

from imiconnect.sandbox.apple_business_chat import api

urlpatterns = [
    path("v1/message", api.message),
    path("v1/encodePayload", api.encode_payload),
    path("v1/decodePayload", api.decode_payload),
    path("v1/preUpload", api.pre_upload),
    path("v1/preDownload", api.pre_download),
    path("mmcs/<uuid:key>", api.stored),
]
