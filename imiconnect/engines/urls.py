"""The addresses for machines that watch the platform."""

from django.urls import path

from imiconnect.engines import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.figures, name="metrics"),
]
