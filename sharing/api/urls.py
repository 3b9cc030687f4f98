"""Routes of the REST interface of services."""

from rest_framework.routers import SimpleRouter

from imiconnect.sharing.api.views import ServiceViewSet

router = SimpleRouter()
router.register("services", ServiceViewSet, basename="api-service")

urlpatterns = router.urls
