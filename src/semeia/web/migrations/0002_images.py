"""Image sets, their pictures, verdicts and findings; a job may be about a set, and an upload lie in a folder."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import semeia.web.models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="folder",
            field=models.TextField(blank=True, help_text="Folders it was dropped with, such as chest_xray/NORMAL"),
        ),
        migrations.CreateModel(
            name="ImageSet",
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
                ("name", models.CharField(max_length=255)),
                ("path", models.TextField()),
                (
                    "copied",
                    models.BooleanField(help_text="Whether the files lie in the home folder and go when the row goes."),
                ),
                ("classes", models.JSONField(default=list, help_text="What its pictures came labelled as, in order")),
                (
                    "twins",
                    models.JSONField(help_text="What the leak guard counted; null where it has not looked", null=True),
                ),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
            ],
            options={
                "verbose_name": "image set",
            },
        ),
        migrations.AddField(
            model_name="job",
            name="images",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="jobs", to="web.imageset"
            ),
        ),
        migrations.CreateModel(
            name="Picture",
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
                ("name", models.TextField(help_text="Its path below the set's folder")),
                ("path", models.TextField()),
                ("size", models.BigIntegerField()),
                ("modified_ns", models.BigIntegerField()),
                ("kind", models.CharField(blank=True, help_text="PNG, JPEG, TIFF, DICOM, NIfTI", max_length=10)),
                ("width", models.IntegerField(default=0)),
                ("height", models.IntegerField(default=0)),
                ("frames", models.IntegerField(default=0)),
                ("label", models.CharField(blank=True, max_length=200)),
                (
                    "patient",
                    models.CharField(blank=True, help_text="Empty where nothing says whose it is", max_length=200),
                ),
                ("group", models.CharField(blank=True, help_text="The same for twins; empty without", max_length=16)),
                ("problem", models.TextField(blank=True, help_text="Why it cannot be read, in one line.")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
                (
                    "set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pictures", to="web.imageset"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Finding",
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
                ("model", models.CharField(max_length=200)),
                ("says", models.CharField(max_length=200)),
                ("classes", models.JSONField()),
                ("probabilities", models.JSONField()),
                ("job", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="web.job")),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
                (
                    "picture",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="web.picture"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Verdict",
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
                ("label", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(choices=[("confirmed", "Confirmed"), ("corrected", "Corrected")], max_length=10),
                ),
                ("removed", models.BooleanField(default=False)),
                (
                    "picture",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verdicts", to="web.picture"
                    ),
                ),
                ("project", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="web.project")),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replaced_by",
                        to="web.verdict",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="imageset",
            constraint=models.UniqueConstraint(fields=("project", "path"), name="one_set_a_folder"),
        ),
        migrations.AddConstraint(
            model_name="picture",
            constraint=models.UniqueConstraint(fields=("set", "path"), name="one_picture_a_file"),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(fields=("picture", "model"), name="one_finding_a_model"),
        ),
        migrations.AddConstraint(
            model_name="verdict",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", True)), fields=("picture",), name="one_first_verdict_a_picture"
            ),
        ),
    ]
