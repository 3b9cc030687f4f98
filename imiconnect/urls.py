"""Every address of the platform; each package keeps its own in its ``urls.py``."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

#: Packages with pages, in the order in which their addresses are tried.
PACKAGES = (
    "imiconnect.engines.urls",
    "imiconnect.console.urls",
    "imiconnect.accounts.urls",
    "imiconnect.tokens.urls",
    "imiconnect.audit.urls",
    "imiconnect.sandbox.urls",
    "imiconnect.numbers.urls",
    "imiconnect.apps.urls",
    "imiconnect.sharing.urls",
    "imiconnect.rtm.urls",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/", include("imiconnect.api_urls")),
    *(path("", include(name)) for name in PACKAGES if find_spec(name)),
]

handler400 = "imiconnect.console.errors.bad_request"
handler403 = "imiconnect.console.errors.permission_denied"
handler404 = "imiconnect.console.errors.page_not_found"
handler500 = "imiconnect.console.errors.server_error"
