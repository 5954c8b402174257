"""Events carry a comment; the owner of a home folder has no password, and says so."""

from django.apps.registry import Apps
from django.contrib.auth.hashers import make_password
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def without_password(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("web", "User").objects.filter(username="owner", password="").update(password=make_password(None))


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0002_images"),
    ]

    operations = [
        migrations.AddField(
            model_name="mark",
            name="comment",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(without_password, migrations.RunPython.noop),
    ]
