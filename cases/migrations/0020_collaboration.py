"""People named in notes, what watchers are told, and words found in everything, messages."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper

from abusedesk.core import clock
from cases.models.words import CaseText

# What happened before is no news.
BEGIN = """
INSERT INTO cases_newscursor (id, read_to)
SELECT 1, coalesce(max(id), 0) FROM core_auditentry
"""
# It asks less than the one before it, so code that runs meanwhile breaks neither.
ONCE = """
CREATE UNIQUE INDEX CONCURRENTLY notice_told_once
ON cases_notice (user_id, case_id, kind, note_id) NULLS NOT DISTINCT WHERE read_at IS NULL
"""
# `array_to_string` is no more than STABLE, because of types whose text depends on settings; of
# texts it is always the same.
CASE_TEXT = """
CREATE OR REPLACE FUNCTION case_text(title text, summary jsonb, reasons text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT title || E'\\n' || jsonb_path_query_array(summary, '$[*].text')::text
        || E'\\n' || array_to_string(reasons, E'\\n')
$$
"""
# Model -> name of the index, and what it holds.
WORDS: dict[str, tuple[str, list[Any]]] = {
    "case": ("case_text", [CaseText()]),
    "note": ("note_text", ["body"]),
    "decision": ("decision_text", ["reason"]),
    "appeal": ("appeal_text", ["statement", "ruling"]),
    "task": ("task_text", ["text"]),
    "evidencefile": ("file_text", ["name", "note"]),
}
AUDIENCES = [("reporter", "Reporter"), ("subject", "Subject")]
STATES = [
    ("waiting", "Waiting"),
    ("sent", "Sent"),
    ("dead", "Given up"),
    ("canceled", "Cancelled by undo"),
]
DELIVERIES = [
    ("decision", "Decision"),
    ("reversal", "Reversal"),
    ("event", "Event"),
    ("message", "Message"),
]
KINDS = [
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
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0019_bulk"),
        ("core", "0007_collaboration"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NewsCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("read_to", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="notice",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="notice",
            name="note",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="cases.note",
            ),
        ),
        migrations.AddField(
            model_name="notice", name="mail_due_at", field=models.DateTimeField(null=True)
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=12),
        ),
        AddIndexConcurrently(
            model_name="notice",
            index=models.Index(
                fields=["mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False),
                name="notice_mail",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(ONCE, "DROP INDEX CONCURRENTLY notice_told_once"),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY notice_once",
                    "CREATE UNIQUE INDEX CONCURRENTLY notice_once"
                    " ON cases_notice (user_id, case_id, kind) WHERE read_at IS NULL",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name="notice", name="notice_once"),
                migrations.AddConstraint(
                    model_name="notice",
                    constraint=models.UniqueConstraint(
                        fields=["user", "case", "kind", "note"],
                        condition=models.Q(read_at=None),
                        nulls_distinct=False,
                        name="notice_told_once",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CASE_TEXT, "DROP FUNCTION case_text"),
        *(
            AddIndexConcurrently(
                model_name=model,
                index=GinIndex(
                    *(OpClass(Upper(one), name="gin_trgm_ops") for one in told),
                    name=name,
                    fastupdate=None if model == "case" else False,
                ),
            )
            for model, (name, told) in WORDS.items()
        ),
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("title", models.CharField(max_length=120)),
                ("audience", models.CharField(choices=AUDIENCES, max_length=8)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField(max_length=10_000)),
                ("active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("saved_at", models.DateTimeField(default=clock.now)),
                ("saved_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                               related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["title", "id"]},
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False,
                                           verbose_name="ID")),
                ("key", models.UUIDField(unique=True)),
                ("audience", models.CharField(choices=AUDIENCES, max_length=8)),
                ("recipient", models.CharField(max_length=300)),
                ("subject", models.CharField(max_length=400)),
                ("body", models.TextField(max_length=40_000)),
                ("state", models.CharField(choices=STATES, default="waiting", max_length=8)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=clock.now)),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                             related_name="+", to=settings.AUTH_USER_MODEL)),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                           related_name="messages", to="cases.case")),
                ("template", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                               related_name="messages",
                                               to="cases.messagetemplate")),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        fields=["due_at"],
                        condition=models.Q(state="waiting"),
                        name="message_due",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="message",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="cases.message",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="kind",
            field=models.CharField(choices=DELIVERIES, max_length=10),
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                fields=["message"],
                condition=models.Q(message__isnull=False),
                name="delivery_message",
            ),
        ),
    ]  # fmt: skip
