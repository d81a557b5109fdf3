"""Indexes that counts and words of a filter walk, made while the desk goes on."""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0012_case_indexes"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(fields=["queue", "-id"], name="case_newest"),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "escalated"])),
                fields=["queue", "opened_at"],
                name="case_oldest",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("regressed", True), ("state__in", ["open", "escalated"])),
                fields=["queue", "-priority", "id"],
                name="case_regressed",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(Upper("title"), name="gin_trgm_ops"),
                fastupdate=False,
                name="case_words",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                fields=["queue", "state", "-priority", "id", "due_at"], name="case_urgent"
            ),
        ),
        # what these take the place of goes last
        RemoveIndexConcurrently(model_name="case", name="case_queue"),
        migrations.AlterField(
            model_name="case",
            name="queue",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="cases.queue",
            ),
        ),
    ]
