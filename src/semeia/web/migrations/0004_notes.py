"""What readers write on a recording's background, for its report."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0003_comments"),
    ]

    operations = [
        migrations.AddField(
            model_name="recording",
            name="notes",
            field=models.TextField(blank=True, help_text="What readers write on the background, for the report."),
            preserve_default=True,
        ),
    ]
