"""Indexes over all cases, made while the desk goes on."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0011_case_calibrated"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state", "closed")),
                fields=["queue", "-closed_at", "-id"],
                name="case_queue_closed",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state__in", ["open", "escalated"])),
                fields=["queue", "sla_stage", "due_at"],
                name="case_sla",
            ),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                condition=models.Q(("assignee__isnull", False)),
                fields=["assignee", "state"],
                name="case_assignee",
            ),
        ),
    ]
