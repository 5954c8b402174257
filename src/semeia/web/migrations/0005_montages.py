"""Montages that people make."""

import django.db.models.deletion
from django.db import migrations, models

import semeia.web.models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0004_notes"),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnMontage",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=semeia.web.models.new_id,
                        editable=False,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=100)),
                ("derivations", models.JSONField(help_text="[[label, {electrode: weight}], ...]")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
            ],
            options={
                "verbose_name": "montage",
                "constraints": [models.UniqueConstraint(fields=("project", "name"), name="one_montage_a_name")],
            },
        ),
    ]
