"""``manage.py check_messages``: does the log keep the rules of the state machine?"""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from imiconnect.rtm.checks import RULES, violations


class Command(BaseCommand):
    """Report violations; the exit code is 1 when there is one."""

    help = "Check that every message has one outcome and that somebody works on the others."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write a sentence for each broken rule, with what to do."""
        found = violations(timezone.now())
        for violation in found:
            rule = violation.rule
            self.stdout.write(f"{violation.count} {rule.sentence} ({rule.name}).")
            self.stdout.write(f"  {rule.remedy}")
            self.stdout.write(f"  Such as: {', '.join(violation.ids)}")
        if found:
            raise SystemExit(1)
        self.stdout.write(f"All {len(RULES)} rules hold.")
