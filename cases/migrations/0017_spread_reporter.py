"""In which order cases spread, and what became of reports; also of the cases there are."""

from __future__ import annotations

import django.db.models.deletion
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

SPREAD = """
UPDATE cases_case SET spread = told.spread, spread_s = told.spread_s
FROM (
    SELECT case_id, array_agg(platform ORDER BY first_s, platform) AS spread,
        array_agg(first_s ORDER BY first_s, platform) AS spread_s
    FROM (
        SELECT link.case_id, signal.platform,
            extract(epoch FROM min(signal.occurred_at))::float8 AS first_s
        FROM cases_casecampaign AS link
        JOIN detectors_campaign AS campaign
            ON campaign.id = link.campaign_id AND campaign.state <> 'merged'
        JOIN detectors_campaignfinding AS behind ON behind.campaign_id = link.campaign_id
        JOIN detectors_finding AS finding
            ON finding.id = behind.finding_id AND finding.status = 'current'
        CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
        JOIN detectors_signal AS signal ON signal.id = cited
            AND signal.occurred_at >= finding.first_at - interval '10 minutes'
            AND signal.occurred_at <= finding.last_at + interval '10 minutes'
        GROUP BY link.case_id, signal.platform
    ) AS firsts
    GROUP BY case_id
) AS told
WHERE cases_case.id = told.case_id
"""
SOURCES = """
UPDATE cases_casereport AS report SET source_id = signal.source_id
FROM detectors_signal AS signal WHERE signal.id = report.signal_id
"""
# The first sweep counts them.
DUE = """
INSERT INTO cases_reporter (name, upheld, decided, by_source, ring_size, due_at)
SELECT DISTINCT report.reporter, 0, 0, '{}'::jsonb, 0, now()
FROM cases_casereport AS report JOIN cases_decision AS decision ON decision.case_id = report.case_id
WHERE decision.undone_at IS NULL AND report.reporter <> ''
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("cases", "0016_golden_indexes"),
        ("detectors", "0016_finding_anchor"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="spread",
            field=ArrayField(
                base_field=models.CharField(max_length=40), db_default=[], default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="spread_s",
            field=ArrayField(
                base_field=models.FloatField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.RunSQL(SPREAD, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="casereport",
            name="source",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="detectors.source",
            ),
        ),
        migrations.RunSQL(SOURCES, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Reporter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=242, unique=True)),
                ("upheld", models.PositiveIntegerField(default=0)),
                ("decided", models.PositiveIntegerField(default=0)),
                ("by_source", models.JSONField(default=dict)),
                ("ring", models.BigIntegerField(null=True)),
                ("ring_size", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at", None), _negated=True),
                        fields=["due_at", "id"],
                        name="reporter_due",
                    ),
                    models.Index(
                        condition=models.Q(("ring", None), _negated=True),
                        fields=["ring"],
                        name="reporter_ring",
                    ),
                    models.Index(fields=["-decided", "-id"], name="reporter_decided"),
                ],
            },
        ),
        migrations.RunSQL(DUE, migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="casereport",
            index=models.Index(fields=["reporter"], name="casereport_reporter"),
        ),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                F("spread__0_2"), condition=Q(("state", "closed")), name="case_spread"
            ),
        ),
    ]
