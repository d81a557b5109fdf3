"""Who wants notices by mail."""

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
    ]
