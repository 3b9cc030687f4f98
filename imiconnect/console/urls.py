"""The console's own addresses."""

from django.urls import path

from imiconnect.console import views

app_name = "console"

urlpatterns = [
    path("", views.Dashboard.as_view(), name="dashboard"),
    path("theme/", views.choose_theme, name="theme"),
]
