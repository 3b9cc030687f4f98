"""Addresses of the numbers pages."""

from django.urls import path

from imiconnect.numbers.views import (
    carriers,
    keyword,
    lists,
    manage,
    offline,
    phone,
    sender,
    short_code,
    tools,
    withdraw,
)

app_name = "numbers"
urlpatterns = [
    path("numbers/", lists.NumberList.as_view(), name="list"),
    path("numbers/get/phone-number/", phone.PhoneNumberWizard.as_view(), name="phone"),
    path(
        "numbers/get/phone-number/<slug:step>/",
        phone.PhoneNumberWizard.as_view(),
        name="phone",
    ),
    path("numbers/get/sender-id/", sender.SenderPage.as_view(), name="sender"),
    path("numbers/get/sender-id/rules/", sender.country_rules, name="sender-rules"),
    path("numbers/get/keyword/", keyword.KeywordPage.as_view(), name="keyword"),
    path("numbers/get/keyword/check/", keyword.keyword_check, name="keyword-check"),
    path("numbers/get/short-code/", short_code.ShortCodeWizard.as_view(), name="short-code"),
    path(
        "numbers/get/short-code/<slug:step>/",
        short_code.ShortCodeWizard.as_view(),
        name="short-code",
    ),
    path("numbers/get/offline/", offline.OfflinePage.as_view(), name="offline"),
    path("numbers/requests/", offline.RequestList.as_view(), name="requests"),
    path(
        "numbers/requests/<uuid:pk>/withdraw/",
        withdraw.WithdrawOffline.as_view(),
        name="withdraw-offline",
    ),
    path("carriers/<slug:account>/<path:rest>", carriers.hook, name="carrier-hook"),
    # /tools/
    path("tools/sms-restrictions/", tools.SmsRestrictions.as_view(), name="sms-restrictions"),
    path(
        "tools/number-restrictions/",
        tools.NumberRestrictions.as_view(),
        name="number-restrictions",
    ),
    path("tools/keyword-test/", tools.KeywordTest.as_view(), name="keyword-test"),
    # /numbers/<id>/
    path("numbers/<uuid:pk>/", manage.NumberPage.as_view(), name="manage"),
    path("numbers/<uuid:pk>/history/", manage.HistoryPart.as_view(), name="history"),
    path("numbers/<uuid:pk>/release/", manage.ReleasePage.as_view(), name="release"),
    path("numbers/<uuid:pk>/release/undo/", manage.undo_release, name="undo-release"),
    path("numbers/<uuid:pk>/withdraw/", withdraw.WithdrawNumber.as_view(), name="withdraw"),
    path("numbers/<uuid:pk>/sender-id/", sender.as_sender, name="as-sender"),
    path("numbers/<uuid:pk>/<slug:form>/", manage.NumberForms.as_view(), name="forms"),
]
