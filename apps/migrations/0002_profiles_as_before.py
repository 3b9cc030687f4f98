"""Apps from before the rule that a master profile comes first go on without it."""

from typing import Any

from django.db import migrations


def leave_the_rule_off(apps: Any, schema_editor: Any) -> None:
    """Write into each policy what held until now."""
    for app in apps.get_model("apps", "App").objects.only("pk", "policy").iterator():
        app.policy = {"profile_required": False, **app.policy}
        app.save(update_fields=["policy"])


class Migration(migrations.Migration):
    """One value in a JSON column."""

    dependencies = [("apps", "0001_initial")]
    operations = [migrations.RunPython(leave_the_rule_off, migrations.RunPython.noop)]
