"""Addresses below ``/sandbox/facebook/``: the dialog's, and the Graph API's with a version."""

from django.urls import path

from imiconnect.sandbox.facebook import dialog, graph, page, plugins

# The first ones have no version: they are at addresses of their own at Meta.
urlpatterns = [
    path("sdk/<str:locale>/sdk.js", plugins.script),
    path("plugins/<str:plugin>", plugins.press),
    path("m.me/<str:page>", plugins.follow_link),
    path("files/<str:key>", page.file),
    path("<str:version>/dialog/oauth", dialog.dialog),
    path("<str:version>/oauth/access_token", graph.access_token),
    path("<str:version>/debug_token", graph.debug_token),
    path("<str:version>/me", graph.me),
    path("<str:version>/me/accounts", graph.accounts),
    path("<str:version>/me/messenger_profile", graph.messenger_profile),
    path("<str:version>/<str:page>/subscribed_apps", graph.subscribed_apps),
    path("<str:version>/<str:page>/messages", graph.messages),
    path("<str:version>/<str:person>", graph.person),
]
