"""Notices of detectors, told once of each; the index is made while the desk goes on."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY notice_told_once_of_each
ON cases_notice (user_id, case_id, detector, kind, note_id) NULLS NOT DISTINCT
WHERE read_at IS NULL
"""
BEFORE = """
CREATE UNIQUE INDEX CONCURRENTLY notice_told_once
ON cases_notice (user_id, case_id, kind, note_id) NULLS NOT DISTINCT WHERE read_at IS NULL
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0022_console"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="detector",
            field=models.SlugField(
                blank=True, db_default="", db_index=False, default="", max_length=60
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="case",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notices",
                to="cases.case",
            ),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "was given to you"),
                    ("at-risk", "is about to be late"),
                    ("late", "is late"),
                    ("escalating", "came back: it beats its forecast"),
                    ("returned", "came back from snooze"),
                    ("mention", "names you in a note"),
                    ("escalated", "was escalated"),
                    ("snoozed", "was put away for a while"),
                    ("closed", "was closed"),
                    ("reopened", "is back for review"),
                    ("absorbed", "took in another case"),
                    ("taken-over", "was taken over from you"),
                    ("alarm", "raised an alarm"),
                    ("draft", "has a draft that waits for approval"),
                    ("draft-done", "has your draft in force"),
                    ("draft-no", "had your draft rejected"),
                ],
                max_length=12,
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    ONCE, "DROP INDEX CONCURRENTLY IF EXISTS notice_told_once_of_each"
                ),
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS notice_told_once", BEFORE),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="notice", name="notice_told_once"),
                migrations.AddConstraint(
                    model_name="notice",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("read_at", None)),
                        fields=("user", "case", "detector", "kind", "note"),
                        name="notice_told_once_of_each",
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
    ]
