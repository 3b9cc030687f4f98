"""The sharing package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SharingConfig(AppConfig):
    """Who may use which asset, through which service."""

    name = "imiconnect.sharing"
    verbose_name = _("Services and sharing")

    def ready(self) -> None:
        """Answer what apps and numbers ask of services; put services into the navigation."""
        from imiconnect.accounts.ports import answers as of_levels
        from imiconnect.apps import ports
        from imiconnect.console import shell, told
        from imiconnect.numbers import ports as of_numbers
        from imiconnect.sharing import merging, querysets, uses
        from imiconnect.sharing import shares as of_shares
        from imiconnect.sharing.views import shares

        ports.shared_with = querysets.shared_with_member
        ports.usable_by = querysets.usable_by
        ports.answers.uses = uses.uses_of
        ports.answers.sharing = shares.section_of
        ports.answers.choose_incoming = uses.choose_incoming
        ports.answers.blockers += [uses.allocations_of, uses.rules_of]
        ports.answers.goes_with.append(of_shares.recorded_shares)
        of_numbers.answers.uses = uses.uses_of_numbers
        told.tellers["shares"] = of_shares.told
        of_levels.merging.append(of_shares.unite_shares)
        of_levels.merge_changes.append(merging.changes_of_merge)
        services = shell.Section("services", _("Services"), "services:list", "stack-2", 40)
        shell.register_section(services)
