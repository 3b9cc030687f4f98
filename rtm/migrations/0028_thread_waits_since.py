from django.db import migrations, models

# What a customer has said since the last message to them; where the last word is not theirs
# it may be a service's, so that they wait since their own last one.
_WAITING = """
UPDATE rtm_thread t SET waits_since = w.at
FROM (SELECT x.id, coalesce(
    (SELECT m.created_at FROM rtm_message m WHERE m.thread_id = x.id AND m.direction = 1
      AND m.id > coalesce(
        (SELECT o.id FROM rtm_message o WHERE o.thread_id = x.id AND o.direction = 0
          ORDER BY o.id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000')
      ORDER BY m.id LIMIT 1),
    (SELECT m.created_at FROM rtm_message m WHERE m.thread_id = x.id AND m.direction = 1
      ORDER BY m.id DESC LIMIT 1)) AS at
  FROM rtm_thread x
  WHERE x.user_id <> '' AND x.type = 'Conversation' AND x.status = 'Active') w
WHERE t.id = w.id AND w.at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("rtm", "0027_fanout_turns")]

    operations = [
        migrations.AddField(
            model_name="thread",
            name="waits_since",
            field=models.DateTimeField(blank=True, null=True, verbose_name="waits since"),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("status", "Active"), ("waits_since__isnull", False)),
                fields=["app", "waits_since"],
                name="thread_waits",
            ),
        ),
        migrations.RunSQL(_WAITING, migrations.RunSQL.noop),
    ]
