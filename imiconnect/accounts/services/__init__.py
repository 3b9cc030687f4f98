"""Every write to people and levels, for pages, admin, commands and tests alike.

Each function is atomic and audited. ``by`` is the seat that acts, None for the platform
itself (a command, the support staff): a seat writes at its own level and below. What a rule
forbids raises ``ValidationError`` with the sentence for the person; nothing is changed then.
Writes in one organization take its row's lock, one after the other.
"""

from imiconnect.accounts.services.endings import delete_level, merge_levels, preview_of_merge
from imiconnect.accounts.services.invitations import (
    accept_invitation,
    invite,
    resend_invitation,
    withdraw_invitation,
)
from imiconnect.accounts.services.levels import (
    create_group,
    create_organization,
    create_team,
    regenerate_profile_key,
    rename,
    set_organization_active,
    set_profile_sources,
)
from imiconnect.accounts.services.members import (
    add_member,
    change_seat,
    deactivate_member,
    reactivate_member,
)
from imiconnect.accounts.services.people import (
    change_email,
    create_person,
    create_staff,
    rename_person,
    set_person_active,
    set_staff,
)

__all__ = [
    "accept_invitation",
    "add_member",
    "change_email",
    "change_seat",
    "create_group",
    "create_organization",
    "create_person",
    "create_staff",
    "create_team",
    "deactivate_member",
    "delete_level",
    "invite",
    "merge_levels",
    "preview_of_merge",
    "reactivate_member",
    "regenerate_profile_key",
    "rename",
    "rename_person",
    "resend_invitation",
    "set_organization_active",
    "set_profile_sources",
    "set_person_active",
    "set_staff",
    "withdraw_invitation",
]
