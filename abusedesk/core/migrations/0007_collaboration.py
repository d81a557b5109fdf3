"""Who wants notices by mail, and saved views of queues."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_own_keys"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="mail_notices",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="savedview",
            name="at",
            field=models.SlugField(
                blank=True, db_default="", db_index=False, default="", max_length=60
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="tab",
            field=models.SlugField(
                blank=True, db_default="", db_index=False, default="", max_length=16
            ),
        ),
    ]
