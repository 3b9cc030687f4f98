"""Addresses below ``/sandbox/twitter/``, as X's API has them."""

from django.urls import path

from imiconnect.sandbox.twitter import api, login, widgets

_WELCOME = "1.1/direct_messages/welcome_messages"

urlpatterns = [
    path("oauth/request_token", login.request_token),
    path("oauth/authorize", login.authorize),
    path("oauth/access_token", login.access_token),
    path("oauth2/token", login.bearer),
    path("2/users/me", api.me),
    path("2/webhooks", api.webhooks),
    path("2/webhooks/<str:hook>", api.recheck),
    path("2/account_activity/webhooks/<str:hook>/subscriptions/all", api.subscribe),
    path(
        "2/account_activity/webhooks/<str:hook>/subscriptions/<str:account>/all",
        api.unsubscribe,
    ),
    path("2/dm_conversations/with/<str:person>/messages", api.messages),
    path("2/media/upload", api.upload_state),
    path("2/media/upload/initialize", api.initialize),
    path("2/media/upload/<str:key>/append", api.append),
    path("2/media/upload/<str:key>/finalize", api.finalize),
    path("1.1/direct_messages/events/new.json", api.legacy_message),
    path(f"{_WELCOME}/new.json", api.welcome_message),
    path(f"{_WELCOME}/rules/new.json", api.welcome_rule),
    path(f"{_WELCOME}/rules/list.json", api.welcome_rules),
    path(f"{_WELCOME}/rules/destroy.json", api.drop_rule),
    path("1.1/ton/data/dm/<str:key>/<str:name>", api.customers_file),
    path("messages/compose", widgets.compose),
    path("widgets.js", widgets.script),
]
