"""What each role may do; the one table that pages, API and services ask.

Admin: everything. Developer: services, rules, keys, and all that an Asset Manager does.
Asset Manager: numbers, apps, shares, allocation. Viewer: reads.
"""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _

from imiconnect.console.words import Words


class Role(models.TextChoices):
    """The one role of a person in an organization."""

    ADMIN = "admin", _("Admin")
    DEVELOPER = "developer", _("Developer")
    ASSET_MANAGER = "asset_manager", _("Asset Manager")
    VIEWER = "viewer", _("Viewer")


class Act(StrEnum):
    """A kind of thing that a person does, as far as permission tells them apart."""

    READ = "read"
    MANAGE_NUMBERS = "manage_numbers"
    MANAGE_APPS = "manage_apps"
    SHARE_APPS = "share_apps"
    ALLOCATE = "allocate"
    MANAGE_SERVICES = "manage_services"
    MANAGE_RULES = "manage_rules"
    REVEAL_SECRETS = "reveal_secrets"
    SEND_MESSAGES = "send_messages"
    CONVERSE = "converse"
    MANAGE_CUSTOMERS = "manage_customers"
    ERASE_CUSTOMERS = "erase_customers"
    MANAGE_TOKENS = "manage_tokens"
    RUN_GATEWAY = "run_gateway"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_SETTINGS = "manage_settings"
    READ_AUDIT = "read_audit"


#: What each act is called on pages.
ACT_WORDS: dict[Act, Words] = {
    Act.READ: _("See what belongs to the own level and below, and what is shared with it"),
    Act.MANAGE_NUMBERS: _("Get and release numbers"),
    Act.MANAGE_APPS: _("Configure, change and delete apps"),
    Act.SHARE_APPS: _("Share apps"),
    Act.ALLOCATE: _("Allocate numbers and apps to services"),
    Act.MANAGE_SERVICES: _("Create and change services"),
    Act.MANAGE_RULES: _("Write rules"),
    Act.REVEAL_SECRETS: _("Read keys and secrets"),
    Act.SEND_MESSAGES: _("Send messages from the console"),
    Act.CONVERSE: _("Answer customers"),
    Act.MANAGE_CUSTOMERS: _("Change customer profiles and topics"),
    Act.ERASE_CUSTOMERS: _("Erase customers"),
    Act.MANAGE_TOKENS: _("Manage access tokens"),
    Act.RUN_GATEWAY: _("Try out devices and watch the gateway"),
    Act.MANAGE_PEOPLE: _("Invite, move and deactivate people; manage groups and teams"),
    Act.MANAGE_SETTINGS: _("Change the organization's settings"),
    Act.READ_AUDIT: _("Read the audit record"),
}

_ASSETS = {
    Act.READ,
    Act.MANAGE_NUMBERS,
    Act.MANAGE_APPS,
    Act.SHARE_APPS,
    Act.ALLOCATE,
    Act.CONVERSE,
    Act.MANAGE_CUSTOMERS,
}
_DEVELOPS = _ASSETS | {
    Act.MANAGE_SERVICES,
    Act.MANAGE_RULES,
    Act.REVEAL_SECRETS,
    Act.SEND_MESSAGES,
    Act.MANAGE_TOKENS,
    Act.RUN_GATEWAY,
}

ALLOWED: dict[Role, frozenset[Act]] = {
    Role.ADMIN: frozenset(Act),
    Role.DEVELOPER: frozenset(_DEVELOPS),
    Role.ASSET_MANAGER: frozenset(_ASSETS),
    Role.VIEWER: frozenset({Act.READ}),
}
