"""The REST interface of the console's objects, its OpenAPI document, and a page to try it."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

#: Packages with console objects; each keeps its routes in ``api/urls.py``.
PACKAGES = ("accounts", "numbers", "apps", "sharing", "rtm")


def _has_api(package: str) -> bool:
    return bool(
        find_spec(f"imiconnect.{package}.api") and find_spec(f"imiconnect.{package}.api.urls")
    )


urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="api-docs"),
    *(
        path("v1/", include(f"imiconnect.{name}.api.urls"))
        for name in PACKAGES
        if _has_api(name)
    ),
]
