from typing import Any

from django.db import migrations

from imiconnect.rtm.partitions import FILL_PERCENT, partitions_of


def _fill(apps: Any, schema_editor: Any) -> None:
    """Let the partitions that exist fill their new pages as later ones do."""
    for table, percent in FILL_PERCENT.items():
        for name in partitions_of(table):
            schema_editor.execute(f"ALTER TABLE {name} SET (fillfactor = {percent})")


class Migration(migrations.Migration):
    dependencies = [("rtm", "0043_message_tried_at")]

    operations = [migrations.RunPython(_fill, migrations.RunPython.noop)]
