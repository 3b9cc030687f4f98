"""Routes of the IMIconnect-compatible interfaces that Django serves.

``mo`` and ``deliveryupdate``, the hot ones, are served by ``rtm/intake`` before Django.
"""

from django.urls import path

from imiconnect.rtm.rest import devices

_V3 = "rtmsAPI/api/v3/"
_APP = f"{_V3}<str:app_id>/"

urlpatterns = [
    # /rtmsAPI/api/v3/<appId>/
    path(f"{_APP}verifyPolicy", devices.VerifyPolicyView.as_view()),
    path(f"{_APP}register", devices.RegisterView.as_view()),
    path(f"{_APP}unregister", devices.UnregisterView.as_view()),
    path(f"{_APP}token", devices.TokenView.as_view()),
    path(f"{_APP}setUserId", devices.SetUserIdView.as_view()),
    path(f"{_APP}removeUserId", devices.RemoveUserIdView.as_view()),
    path(f"{_APP}setCustomerId", devices.SetCustomerIdView.as_view()),
    path(f"{_APP}removeCustomerId", devices.RemoveCustomerIdView.as_view()),
    path(f"{_APP}profileupdate", devices.ProfileUpdateView.as_view()),
    path(f"{_V3}verifyPolicy", devices.missing_app_id),
    path(f"{_V3}register", devices.missing_app_id),
]
