"""Addresses of people: ``/account/``, ``/invitation/`` and ``/settings/``."""

from django.urls import URLPattern, URLResolver, include, path

from imiconnect.accounts import urls_of_pages, urls_of_sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include(urls_of_sign_in)),
    path("", include((urls_of_pages.urlpatterns, "accounts"))),
]
