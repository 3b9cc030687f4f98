"""Routes of the REST interface of apps."""

from rest_framework.routers import SimpleRouter

from imiconnect.apps.api.views import AppViewSet

router = SimpleRouter()
router.register("apps", AppViewSet, basename="api-app")

urlpatterns = router.urls
