"""The pages of people and of the organization's settings, in the namespace ``accounts``."""

from django.urls import path

from imiconnect.accounts.views import (
    account,
    audit,
    endings,
    groups,
    invitations,
    organization,
    people,
    roles,
    trials,
)

urlpatterns = [
    # /account/
    path("account/", account.Account.as_view(), name="account"),
    path("account/name/", account.Name.as_view(), name="name"),
    path("account/organization/", account.switch_organization, name="switch_organization"),
    path("account/level/", account.SwitchLevel.as_view(), name="switch_level"),
    # /invitation/
    path("invitation/", invitations.Join.as_view(), name="invitation"),
    path("invitation/<str:token>/", invitations.follow_link, name="invitation_link"),
    # /trial/
    path("trial/", trials.SignUpForTrial.as_view(), name="trial"),
    path("trial/sent/", trials.TrialSent.as_view(), name="trial_sent"),
    path("trial/<str:token>/", trials.TrialStatus.as_view(), name="trial_status"),
    # /settings/
    path("settings/", organization.first_page, name="settings"),
    path("settings/organization/", organization.Settings.as_view(), name="organization"),
    path(
        "settings/organization/profile-key/",
        organization.ProfileKey.as_view(),
        name="profile_key",
    ),
    path(
        "settings/organization/profile-key/regenerate/",
        organization.RegenerateProfileKey.as_view(),
        name="regenerate_profile_key",
    ),
    path(
        "settings/organization/profile-key/sources/",
        organization.ProfileSources.as_view(),
        name="profile_sources",
    ),
    # /settings/people/
    path("settings/people/", people.People.as_view(), name="people"),
    path("settings/people/invite/", people.Invite.as_view(), name="invite"),
    path("settings/people/<uuid:member_id>/", people.Person.as_view(), name="person"),
    path(
        "settings/people/<uuid:member_id>/deactivate/",
        people.deactivate,
        name="deactivate_person",
    ),
    path(
        "settings/people/<uuid:member_id>/reactivate/",
        people.reactivate,
        name="reactivate_person",
    ),
    path("settings/people/invitations/", people.Invitations.as_view(), name="invitations"),
    path(
        "settings/people/invitations/<uuid:invitation_id>/",
        people.OneInvitation.as_view(),
        name="manage_invitation",
    ),
    path(
        "settings/people/invitations/<uuid:invitation_id>/resend/",
        people.resend,
        name="resend_invitation",
    ),
    path(
        "settings/people/invitations/<uuid:invitation_id>/withdraw/",
        people.withdraw,
        name="withdraw_invitation",
    ),
    # /settings/groups/
    path("settings/groups/", groups.Groups.as_view(), name="groups"),
    path("settings/groups/new/", groups.NewGroup.as_view(), name="new_group"),
    path("settings/groups/<uuid:group_id>/", groups.OneGroup.as_view(), name="group"),
    path(
        "settings/groups/<uuid:group_id>/teams/new/", groups.NewTeam.as_view(), name="new_team"
    ),
    path(
        "settings/groups/<uuid:group_id>/merge/",
        endings.MergeGroup.as_view(),
        name="merge_group",
    ),
    path(
        "settings/groups/<uuid:group_id>/delete/",
        endings.DeleteGroup.as_view(),
        name="delete_group",
    ),
    path("settings/teams/<uuid:team_id>/", groups.OneTeam.as_view(), name="team"),
    path(
        "settings/teams/<uuid:team_id>/merge/", endings.MergeTeam.as_view(), name="merge_team"
    ),
    path(
        "settings/teams/<uuid:team_id>/delete/",
        endings.DeleteTeam.as_view(),
        name="delete_team",
    ),
    # /settings/roles/
    path("settings/roles/", roles.Roles.as_view(), name="roles"),
    # /settings/audit/
    path("settings/audit/", audit.Audit.as_view(), name="audit"),
    path("settings/audit/<uuid:entry_id>/", audit.Entry.as_view(), name="audit_entry"),
]
