"""Keys of signals that one worker found, for the others: a cache, so it is not logged."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detectors", "0003_deadletter_adapter"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyCut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("epoch", models.SmallIntegerField(default=0)),
                ("tx", models.BigIntegerField(default=0)),
                ("signal_id", models.BigIntegerField(default=0)),
                ("version", models.PositiveSmallIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("count", models.PositiveIntegerField()),
                ("payload", models.BinaryField()),
                (
                    "config",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="detectors.detectorconfig"
                    ),
                ),
                (
                    "stream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="detectors.stream"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "config",
                            "stream",
                            "epoch",
                            "tx",
                            "signal_id",
                            "last_id",
                            "count",
                            "version",
                        ),
                        name="keycut_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE detectors_keycut SET UNLOGGED", "ALTER TABLE detectors_keycut SET LOGGED"
        ),
        # read once or twice and deleted: not worth compressing
        migrations.RunSQL(
            "ALTER TABLE detectors_keycut ALTER payload SET STORAGE EXTERNAL",
            "ALTER TABLE detectors_keycut ALTER payload SET STORAGE EXTENDED",
        ),
    ]
