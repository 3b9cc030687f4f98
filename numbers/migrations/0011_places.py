"""Cities of stock; ``manage.py locate_stock`` gives existing stock its own."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("numbers", "0010_hours_not_on_holidays")]
    operations = [
        migrations.CreateModel(
            name="Place",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=500, verbose_name="name")),
                ("folded", models.CharField(editable=False, max_length=1000)),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="numbers.country",
                    ),
                ),
            ],
            options={"verbose_name": "place", "verbose_name_plural": "places"},
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.UniqueConstraint(fields=("country", "name"), name="place_once"),
        ),
        migrations.AddField(
            model_name="stocknumber",
            name="place",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stock",
                to="numbers.place",
                verbose_name="place",
            ),
        ),
        migrations.AddIndex(
            model_name="stocknumber",
            index=models.Index(
                condition=Q(("place__isnull", False), ("state", "available")),
                fields=["place", "number_type", "national"],
                name="stock_in_place",
            ),
        ),
    ]
