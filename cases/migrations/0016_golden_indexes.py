"""Indexes tell whose check a case is before any row is read; made while the desk goes on."""

from __future__ import annotations

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

WAITING = models.Q(("state__in", ["open", "escalated"]))
INDEXES = (
    models.Index(
        fields=["queue", "state", "-priority", "id", "due_at", "only_for"], name="case_urgent"
    ),
    models.Index(fields=["queue", "state", "due_at", "id", "only_for"], name="case_due"),
    models.Index(
        condition=models.Q(("state", "closed")),
        fields=["queue", "-closed_at", "-id", "only_for"],
        name="case_queue_closed",
    ),
    models.Index(
        condition=models.Q(("regressed", True), ("state__in", ["open", "escalated"])),
        fields=["queue", "-priority", "id", "only_for"],
        name="case_regressed",
    ),
    models.Index(
        condition=WAITING,
        fields=["queue", "sla_stage", "due_at", "id", "only_for"],
        name="case_sla",
    ),
)


def _in_place_of_the_old(index: models.Index) -> list[Operation]:
    """The old one is walked until the new one stands."""
    old = f"{index.name}_was"
    return [
        migrations.RenameIndex(model_name="case", old_name=index.name, new_name=old),
        AddIndexConcurrently(model_name="case", index=index),
        RemoveIndexConcurrently(model_name="case", name=old),
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0015_held"),
    ]

    operations = [step for index in INDEXES for step in _in_place_of_the_old(index)]
