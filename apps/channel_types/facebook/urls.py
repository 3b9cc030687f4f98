"""Addresses below ``/apps/<app_id>/`` of a page."""

from django.urls import path

from imiconnect.apps.channel_types.facebook import views

urlpatterns = [
    path("facebook/plugins/", views.Plugins.as_view(), name="facebook_plugins"),
    path("facebook/welcome/", views.Welcome.as_view(), name="facebook_welcome"),
    path("facebook/menu/", views.Menu.as_view(), name="facebook_menu"),
    path("facebook/code/", views.Code.as_view(), name="facebook_code"),
    path("facebook/code.png", views.CodeImage.as_view(kind="png"), name="facebook_code_png"),
    path("facebook/code.svg", views.CodeImage.as_view(kind="svg"), name="facebook_code_svg"),
]
