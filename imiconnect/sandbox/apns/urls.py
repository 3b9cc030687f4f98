"""Addresses of the double on the web port: none, for it speaks HTTP/2 at a port of its own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
