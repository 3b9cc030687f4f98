"""The console's own addresses."""

from django.urls import path

from imiconnect.console import views
from imiconnect.console.secret import SecretPage
from imiconnect.console.toolbox import Tools

app_name = "console"

urlpatterns = [
    path("", views.Dashboard.as_view(), name="dashboard"),
    path("theme/", views.choose_theme, name="theme"),
    path("secret/<uuid:key>/", SecretPage.as_view(), name="secret"),
    path("tools/", Tools.as_view(), name="tools"),
]
