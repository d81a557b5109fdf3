"""Where a page of a collection begins."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("cases", "0029_sealed_signing_key")]

    operations = [
        AddIndexConcurrently(
            model_name="sharedobject",
            index=models.Index(fields=["circle", "added_at"], name="sharedobject_added"),
        ),
    ]
