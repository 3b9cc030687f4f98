"""Routes of the REST interface of groups and teams."""

from rest_framework.routers import SimpleRouter

from imiconnect.accounts.api.views import GroupViewSet, TeamViewSet

router = SimpleRouter()
router.register("groups", GroupViewSet, basename="api-group")
router.register("teams", TeamViewSet, basename="api-team")

urlpatterns = router.urls
