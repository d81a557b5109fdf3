"""AI services that the evidence of each case names, also of the cases there are."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

PROVIDERS = """
UPDATE cases_case SET providers = named.providers
FROM (
    SELECT link.case_id, array_agg(DISTINCT lower(signal.payload -> 'ai' ->> 'provider')) AS providers
    FROM cases_casecampaign AS link
    JOIN detectors_campaignfinding AS behind ON behind.campaign_id = link.campaign_id
    JOIN detectors_finding AS finding ON finding.id = behind.finding_id
    CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
    JOIN detectors_signal AS signal ON signal.id = cited
        AND signal.occurred_at >= finding.first_at - interval '10 minutes'
        AND signal.occurred_at <= finding.last_at + interval '10 minutes'
    WHERE signal.payload -> 'ai' ->> 'provider' <> ''
    GROUP BY link.case_id
) AS named
WHERE cases_case.id = named.case_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_hold"),
        ("detectors", "0002_store"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="providers",
            field=ArrayField(
                base_field=models.CharField(max_length=200), db_default=[], default=list, size=None
            ),
        ),
        migrations.RunSQL(PROVIDERS, migrations.RunSQL.noop),
    ]
