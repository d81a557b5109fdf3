"""The signal store: range partitions and commit order, which the ORM cannot say.

Both partitioned tables are made again; partitions come on demand (`detectors/partitions.py`).
`tx` is the writing transaction: a reader that takes only rows below the snapshot's horizon, in
(epoch, tx, id) order, never skips a row that commits late.
"""

from __future__ import annotations

from django.db import migrations

SIGNAL = """
DROP TABLE detectors_signal;
CREATE SEQUENCE IF NOT EXISTS detectors_signal_seq AS bigint;
CREATE TABLE detectors_signal (
    id bigint NOT NULL DEFAULT nextval('detectors_signal_seq'),
    stream_id bigint NOT NULL,
    source_id bigint NOT NULL,
    external_id varchar(200) NOT NULL,
    platform varchar(40) NOT NULL,
    kind varchar(24) NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    actor varchar(200) NOT NULL,
    text text NOT NULL,
    payload jsonb NOT NULL,
    epoch smallint NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (id, occurred_at),
    -- replay is harmless
    UNIQUE (source_id, external_id, occurred_at)
) PARTITION BY RANGE (occurred_at);
-- every consumer's cursor
CREATE INDEX detectors_signal_order ON detectors_signal (stream_id, epoch, tx, id);
-- explorer: newest first
CREATE INDEX detectors_signal_recent ON detectors_signal (occurred_at DESC, id DESC);
-- entity page: what one account did
CREATE INDEX detectors_signal_actor ON detectors_signal (platform, actor, occurred_at DESC);
"""

SIGNAL_ENTITY = """
DROP TABLE detectors_signalentity;
CREATE SEQUENCE IF NOT EXISTS detectors_signalentity_seq AS bigint;
CREATE TABLE detectors_signalentity (
    id bigint NOT NULL DEFAULT nextval('detectors_signalentity_seq'),
    signal_id bigint NOT NULL,
    occurred_at timestamptz NOT NULL,
    entity_id bigint NOT NULL,
    role varchar(16) NOT NULL,
    raw varchar(500) NOT NULL,
    -- entity page: newest mentions of one entity; linking twice changes nothing
    PRIMARY KEY (entity_id, occurred_at, signal_id, role)
) PARTITION BY RANGE (occurred_at);
-- signal page: entities of one signal
CREATE INDEX detectors_signalentity_signal ON detectors_signalentity (signal_id);
"""

EPOCH = """
-- One row. Grows by one after a logical restore, where old transaction ids mean nothing.
CREATE TABLE detectors_epoch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number smallint NOT NULL
);
INSERT INTO detectors_epoch (number) VALUES (0);
"""


class Migration(migrations.Migration):
    dependencies = [("detectors", "0001_initial")]

    operations = [
        migrations.RunSQL(SIGNAL),
        migrations.RunSQL(SIGNAL_ENTITY),
        migrations.RunSQL(EPOCH),
    ]
