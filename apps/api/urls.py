"""Routes of the REST interface of apps."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from imiconnect.apps.api.authorizations import AuthorizationViewSet, ChannelTypeViewSet
from imiconnect.apps.api.views import AppViewSet
from imiconnect.apps.channel_types import registry

router = SimpleRouter()
router.register("apps", AppViewSet, basename="api-app")
router.register("channel-types", ChannelTypeViewSet, basename="api-channel-type")
router.register("app-authorizations", AuthorizationViewSet, basename="api-app-authorization")

urlpatterns = [*router.urls, path("apps/<uuid:pk>/", include(registry.added("api_urls")))]
