"""In which order the evidence of each case reached its platforms, also of the cases there are."""

from __future__ import annotations

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
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                F("spread__0_2"), condition=Q(("state", "closed")), name="case_spread"
            ),
        ),
    ]
