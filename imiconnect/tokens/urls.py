"""Addresses of Settings > Tokens."""

from django.urls import path

from imiconnect.tokens import views

app_name = "tokens"
urlpatterns = [
    path("settings/tokens/", views.TokenList.as_view(), name="list"),
    path("settings/tokens/new/", views.NewToken.as_view(), name="new"),
    path("settings/tokens/<uuid:token_id>/revoke/", views.RevokeToken.as_view(), name="revoke"),
]
