"""Routes of the REST interface of numbers; words before ids."""

from rest_framework.routers import SimpleRouter

from imiconnect.numbers.api import requests, views

router = SimpleRouter()
router.register("numbers/addresses", views.AddressViewSet, basename="api-address")
router.register("numbers/offline-requests", requests.OfflineViewSet, basename="api-offline")
router.register("numbers/rates", requests.RateViewSet, basename="api-rate")
router.register(
    "numbers/sms-restrictions", requests.RestrictionViewSet, basename="api-restriction"
)
router.register(
    "numbers/short-code-formats", requests.ShortCodeFormatViewSet, basename="api-code-format"
)
router.register("numbers", views.ShopViewSet, basename="api-shop")
router.register("numbers", requests.RequestViewSet, basename="api-request")
router.register("numbers", views.NumberViewSet, basename="api-number")

urlpatterns = router.urls
