"""Where each consumer of the signal stream stands."""

from __future__ import annotations

from django.db import models

from abusedesk.core import clock
from detectors.models.config import DetectorConfig
from detectors.models.source import Stream


class Position(models.Model):
    """A place in commit order: everything up to and including (epoch, tx, signal) is consumed.

    epoch: how many restores went before. tx: transaction that stored the last signal consumed.
    signal_id: that signal.
    """

    epoch = models.SmallIntegerField(default=0)
    tx = models.BigIntegerField(default=0)
    signal_id = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class Cursor(Position):
    """A consumer that is not a detector: the entity linker, the fusion."""

    name = models.SlugField(max_length=60, unique=True)
    updated_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.name


class Shard(Position):
    """One share of one detector on one stream. Locked by whoever advances it.

    clock_s: engine clock in seconds since 1970, 0 before the first signal. limit: signals a batch,
    0 for the default. attempts: failures at this
    limit; a failing batch is halved until one signal is left, which is quarantined after three.
    """

    config = models.ForeignKey(DetectorConfig, models.CASCADE, related_name="shards")
    stream = models.ForeignKey(Stream, models.CASCADE)
    number = models.PositiveSmallIntegerField()
    of = models.PositiveSmallIntegerField()
    clock_s = models.FloatField(default=0.0)
    signals = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)
    truncated = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    limit = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["config", "stream", "number"], name="shard_once"),
        ]

    def __str__(self) -> str:
        return f"{self.config} {self.stream} {self.number}/{self.of}"


class Checkpoint(Position):
    """State of a shard at an earlier position; what came since is replayed to rebuild the rest."""

    shard = models.OneToOneField(Shard, models.CASCADE)
    clock_s = models.FloatField()
    payload = models.BinaryField()

    def __str__(self) -> str:
        return f"checkpoint of {self.shard}"


class KeyCut(Position):
    """The keys that one detector found in the signals after a position up to `last_id`, by shard.

    count: how many there were; a purge makes it another page.
    Kept without a log: after a crash of the server they are found again.
    """

    config = models.ForeignKey(DetectorConfig, models.CASCADE)
    version = models.PositiveSmallIntegerField()
    stream = models.ForeignKey(Stream, models.CASCADE)
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    payload = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "config",
                    "stream",
                    "epoch",
                    "tx",
                    "signal_id",
                    "last_id",
                    "count",
                    "version",
                ],
                name="keycut_once",
            ),
        ]

    def __str__(self) -> str:
        return f"keys of {self.config} after {self.signal_id}"


class TickPart(models.Model):
    """What one shard gives to a tick; the tick runs when all shards gave theirs."""

    config = models.ForeignKey(DetectorConfig, models.CASCADE)
    stream = models.ForeignKey(Stream, models.CASCADE)
    tick_s = models.FloatField()
    number = models.PositiveSmallIntegerField()
    signal_id = models.BigIntegerField()
    payload = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["config", "stream", "tick_s", "number"], name="tickpart_once"
            ),
        ]

    def __str__(self) -> str:
        return f"tick {self.tick_s} of {self.config}"


class Quarantine(models.Model):
    """A signal that one detector cannot digest; the shard goes on without it."""

    config = models.ForeignKey(DetectorConfig, models.CASCADE)
    signal_id = models.BigIntegerField()
    traceback = models.TextField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["config", "signal_id"], name="quarantine_once"),
        ]

    def __str__(self) -> str:
        return f"signal {self.signal_id} for {self.config}"
