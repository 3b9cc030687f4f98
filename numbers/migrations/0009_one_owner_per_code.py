"""One active row for each code of a country, whatever its operators are.

It stops where two active rows have the same code and country: support turns one of them off
first, for only support knows which.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("numbers", "0008_shared_code_help"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="shortcode", name="short_code_once"),
        migrations.AlterField(
            model_name="shortcode",
            name="operator",
            field=models.CharField(blank=True, max_length=2000, verbose_name="operators"),
        ),
        migrations.AddConstraint(
            model_name="shortcode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("country", "code"),
                name="short_code_once",
                violation_error_message="This short code exists in the country.",
            ),
        ),
    ]
