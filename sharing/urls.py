"""Addresses of the pages of services."""

from django.urls import include, path

from imiconnect.sharing.models import Service
from imiconnect.sharing.rules.wizard import RuleWizard
from imiconnect.sharing.views import acts, lists, numbers, rules, shares, tabs, why
from imiconnect.sharing.wizard import ServiceWizard

app_name = "services"

# /services/<id>/
_ONE = [
    path("", tabs.Overview.as_view(), name="manage"),
    path("channels/", tabs.Channels.as_view(), name="channels"),
    path("sms/", numbers.Numbers.as_view(tab="sms"), name="sms"),
    path("voice/", numbers.Numbers.as_view(tab="voice"), name="voice"),
    path(
        "numbers/<uuid:mapping_id>/remove/", numbers.UnmapNumber.as_view(), name="unmap_number"
    ),
    path(
        "numbers/<uuid:mapping_id>/incoming/",
        numbers.ReceiveHere.as_view(),
        name="receive_here",
    ),
    path("keys/", tabs.Keys.as_view(), name="keys"),
    path("outbound/", tabs.Outbound.as_view(), name="outbound"),
    path("inbound/", tabs.Inbound.as_view(), name="inbound"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/new/", RuleWizard.as_view(), name="new_rule"),
    path("rules/new/<slug:step>/", RuleWizard.as_view(), name="new_rule"),
    path("rules/simulate/", rules.Simulate.as_view(), name="simulate"),
    path("rules/<uuid:rule_id>/", rules.RulePage.as_view(), name="rule"),
    path("rules/<uuid:rule_id>/up/", rules.MoveRule.as_view(by=-1), name="rule_up"),
    path("rules/<uuid:rule_id>/down/", rules.MoveRule.as_view(by=1), name="rule_down"),
    path(
        "rules/<uuid:rule_id>/pause/",
        rules.SetRuleActive.as_view(active=False),
        name="pause_rule",
    ),
    path(
        "rules/<uuid:rule_id>/resume/",
        rules.SetRuleActive.as_view(active=True),
        name="resume_rule",
    ),
    path("rules/<uuid:rule_id>/delete/", rules.DeleteRule.as_view(), name="delete_rule"),
    path("danger/", tabs.Danger.as_view(), name="danger"),
    path("live/", acts.SetServiceState.as_view(state=Service.State.LIVE), name="go_live"),
    path(
        "suspend/", acts.SetServiceState.as_view(state=Service.State.SUSPENDED), name="suspend"
    ),
    path("keys/reveal/", acts.RevealKey.as_view(), name="reveal_key"),
    path("keys/regenerate/", acts.RegenerateKey.as_view(), name="regenerate_key"),
    path("secret/reveal/", acts.RevealSigningSecret.as_view(), name="reveal_secret"),
    path("secret/regenerate/", acts.RotateSigningSecret.as_view(), name="rotate_secret"),
    path("channels/<uuid:allocation_id>/remove/", acts.Deallocate.as_view(), name="deallocate"),
    path("delete/", acts.DeleteService.as_view(), name="delete"),
]

urlpatterns = [
    path("services/", lists.ServiceList.as_view(), name="list"),
    path("services/new/", ServiceWizard.as_view(), name="new"),
    path("services/new/<slug:step>/", ServiceWizard.as_view(), name="new"),
    path("services/<uuid:service_id>/", include(_ONE)),
    path("apps/<uuid:app_id>/sharing/", shares.Shares.as_view(), name="app_shares"),
    path("apps/<uuid:app_id>/why/", why.WhyApp.as_view(), name="app_why"),
    path("numbers/<uuid:pk>/access/why/", why.WhyNumber.as_view(), name="number_why"),
]
