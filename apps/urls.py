"""Addresses of the pages of apps."""

from django.urls import URLPattern, URLResolver, include, path

from imiconnect.apps import views
from imiconnect.apps.channel_types import registry
from imiconnect.apps.models import App

app_name = "apps"

# /apps/
urlpatterns: list[URLPattern | URLResolver] = [
    path("apps/", views.AppList.as_view(), name="list"),
    path("apps/authorize/<slug:channel>/", views.BeginLogin.as_view(), name="authorize"),
    path("apps/authorized/<slug:channel>/", views.Authorized.as_view(), name="authorized"),
    path(
        "apps/configure/<slug:channel>/prerequisites/",
        views.Prerequisites.as_view(),
        name="prerequisites",
    ),
    path("apps/configure/<slug:channel>/", views.configure, name="configure"),
    path("apps/configure/<slug:channel>/<slug:step>/", views.configure, name="configure"),
]

# /apps/<id>/
urlpatterns += [
    path("apps/<uuid:app_id>/", views.ManageApp.as_view(), name="manage"),
    path(
        "apps/<uuid:app_id>/on/",
        views.SetAppState.as_view(state=App.State.ACTIVE),
        name="turn_on",
    ),
    path(
        "apps/<uuid:app_id>/off/",
        views.SetAppState.as_view(state=App.State.OFF),
        name="turn_off",
    ),
    path(
        "apps/<uuid:app_id>/client-key/reveal/",
        views.RevealClientKey.as_view(),
        name="reveal_key",
    ),
    path(
        "apps/<uuid:app_id>/client-key/regenerate/",
        views.RegenerateClientKey.as_view(),
        name="regenerate_key",
    ),
    path(
        "apps/<uuid:app_id>/credentials/<slug:name>/reveal/",
        views.RevealCredential.as_view(),
        name="reveal_credential",
    ),
    path("apps/<uuid:app_id>/check/", views.CheckApp.as_view(), name="check"),
    path("apps/<uuid:app_id>/reconnect/", views.Reconnect.as_view(), name="reconnect"),
    path("apps/<uuid:app_id>/delete/", views.DeleteApp.as_view(), name="delete"),
]

# /apps/<id>/, of each channel type
urlpatterns += [path("apps/<uuid:app_id>/", include(registry.added("urls")))]

# Of each channel type as a whole
urlpatterns += registry.added("site_urls")

# What providers call.
urlpatterns += [
    path("hooks/<slug:channel>/", views.Hook.as_view(), name="shared_hook"),
    path("hooks/<slug:channel>/<str:app_id>/", views.Hook.as_view(), name="hook"),
]
