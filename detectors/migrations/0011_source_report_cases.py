"""Sources say whether their reports open cases; what was stored before this opens none."""

from __future__ import annotations

from django.db import migrations, models

START = """
INSERT INTO detectors_cursor (name, epoch, tx, signal_id, updated_at)
SELECT 'complaints-' || stream.id, newest.epoch, newest.tx::text::bigint, newest.id, now()
FROM detectors_stream AS stream, LATERAL (
    SELECT s.epoch, s.tx, s.id FROM detectors_signal AS s WHERE s.stream_id = stream.id
    ORDER BY s.epoch DESC, s.tx DESC, s.id DESC LIMIT 1) AS newest
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0010_letters_and_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="report_cases",
            field=models.CharField(
                choices=[
                    ("auto", "When an adapter for reports sends them"),
                    ("on", "Always"),
                    ("off", "Never"),
                ],
                db_default="auto",
                default="auto",
                max_length=8,
            ),
        ),
        migrations.RunSQL(START, migrations.RunSQL.noop),
    ]
