"""``manage.py verify_audit``: does each organization's record hold, link by link?"""

from typing import Any

from django.core.management.base import BaseCommand

from imiconnect.audit import chain


class Command(BaseCommand):
    """Name the first broken link of each chain; the exit code is 1 when there is one."""

    help = "Verify the hash chain of the audit record and name the first broken link."

    def handle(self, *args: Any, **options: Any) -> None:
        """Chain what is new, then walk every chain and print its head."""
        while chain.extend():
            pass
        broken = 0
        for organization_id in chain.chains():
            fault = chain.first_broken(organization_id)
            if fault:
                broken += 1
                self.stdout.write(
                    f"{organization_id}: link {fault.number} is broken: {fault.fault} "
                    f"(entry {fault.entry_id})."
                )
                continue
            head = chain.head_of(organization_id)
            if head:
                self.stdout.write(f"{organization_id}: {head.number} links hold, {head.digest}")
        if broken:
            raise SystemExit(1)
