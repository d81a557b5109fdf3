"""Which shards there are: for every configuration that runs, on every stream."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from detectors import registry
from detectors.models import DetectorConfig, Shard, Stream
from detectors.running import running
from detectors.services.run import lookback_start, position_of, runner_at, save_checkpoint


def ensure_shards() -> None:
    """Give every configuration that runs its shards on every stream.

    A new version starts where the last one in force stands, or the one that watched beside it and
    gives way to it. It takes over its state, unless a parameter changed that shapes the state: then
    it replays the lookback.
    """
    configs = DetectorConfig.objects.filter(running())
    streams = list(Stream.objects.all())
    have = set(Shard.objects.filter(config__in=configs).values_list("config_id", "stream_id"))
    for config in configs:
        for one in streams:
            if (config.pk, one.pk) not in have:
                _add_shards(config, one)


@transaction.atomic
def _add_shards(config: DetectorConfig, one: Stream) -> None:
    of = settings.DETECTOR_SHARDS
    last = _last_that_ran(config, one)
    shards = Shard.objects.filter(stream=one, config=last).select_related("config", "stream")
    before = {shard.number: shard for shard in shards} if last else {}
    same_cut = len(before) == of and all(shard.of == of for shard in before.values())
    clock_s = max((shard.clock_s for shard in before.values()), default=0.0)
    for number in range(of):
        shard, created = Shard.objects.get_or_create(
            config=config, stream=one, number=number, defaults={"of": of}
        )
        if created and same_cut and last and _keeps_state(last, config):
            _inherit(shard, before[number])
        elif created and before:
            _replay_lookback(shard, clock_s)


def _last_that_ran(config: DetectorConfig, one: Stream) -> DetectorConfig | None:
    """The earlier version that knows most of what this one needs, of those that read this stream.

    The one that watched with the same settings and gave way to this one; else the newest that was
    in force and switched on. What only watched beside may be far behind, or ahead.
    """
    earlier = DetectorConfig.objects.filter(slug=config.slug, number__lt=config.number)
    rows = earlier.filter(shards__stream=one).order_by("-number")
    gave_way = rows.filter(params_hash=config.params_hash, ended_at=config.created_at)
    return gave_way.first() or rows.filter(beside=None).first()


def _keeps_state(before: DetectorConfig, config: DetectorConfig) -> bool:
    """Whether no parameter that shapes the kept state differs between two versions."""
    fields = registry.get(config.slug).Params.model_fields
    rebuild = [
        name
        for name, field in fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("rebuild")
    ]
    return all(before.params.get(name) == config.params.get(name) for name in rebuild)


def _inherit(shard: Shard, before: Shard) -> None:
    """Start where the version before stands, with its state."""
    runner, position = runner_at(before), position_of(before)
    shard.epoch, shard.tx, shard.signal_id = position
    shard.clock_s = runner.clock
    shard.save()
    save_checkpoint(shard, runner, position)


def _replay_lookback(shard: Shard, clock_s: float) -> None:
    shard.epoch, shard.tx, shard.signal_id = lookback_start(shard, clock_s)
    shard.save()
