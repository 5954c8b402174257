"""Queues of questions, and what people answer."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import semeia.web.models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0005_montages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Queue",
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
                ("name", models.CharField(max_length=200)),
                ("model", models.CharField(max_length=200)),
                ("strategy", models.CharField(max_length=200)),
                ("classes", models.JSONField(help_text="What a person may say, the negative one first")),
                (
                    "readers",
                    models.IntegerField(
                        default=1, help_text="How many people are asked about each, without seeing the other"
                    ),
                ),
                (
                    "automatic",
                    models.FloatField(
                        help_text="Confidence from which on a label needs no person; null: none", null=True
                    ),
                ),
                (
                    "images",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="queues", to="web.imageset"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        help_text="Which looked at the files",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="web.job",
                    ),
                ),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
                ("recordings", models.ManyToManyField(related_name="queues", to="web.recording")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Answer",
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
                ("candidate", models.IntegerField()),
                ("label", models.CharField(blank=True, max_length=200)),
                ("comment", models.TextField(blank=True)),
                ("settles", models.BooleanField(default=False)),
                ("removed", models.BooleanField(default=False)),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replaced_by",
                        to="web.answer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="web.queue"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaces__isnull", True)),
                        fields=("queue", "candidate", "user", "settles"),
                        name="one_first_answer_a_reader",
                    )
                ],
            },
        ),
    ]
