"""Counts what detectors find by the hour, and raises and ends alarms for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import F

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from detectors import rates
from detectors.choices import AlarmKind, Mode, StreamKind
from detectors.models import Cursor, DetectorAlarm, DetectorConfig, Finding, HitHour, Source

CURSOR: Final = "hits"
BATCH: Final = 2_000
SETTLED: Final = timedelta(seconds=20)
"""Findings younger than this may have older ones behind them that are not committed yet."""
KEPT: Final = timedelta(days=30)
CITED: Final = 20
_JUDGES: Final = {AlarmKind.SPIKE: rates.spike, AlarmKind.SILENT: rates.silence}


class _Key(NamedTuple):
    """Which series of hours: one detector, at all signals or at those of one source."""

    detector: str
    source: int | None


def watch_rates() -> None:
    """Count what is new, then judge every detector. Safe to run twice."""
    while count_hits() == BATCH:
        pass
    judge_rates()


@transaction.atomic
def count_hits() -> int:
    """Add new findings to their hours. Returns how many there were."""
    Cursor.objects.get_or_create(name=CURSOR)
    cursor = Cursor.objects.select_for_update(no_key=True).get(name=CURSOR)
    settled = clock.now() - SETTLED
    rows = Finding.objects.filter(pk__gt=cursor.signal_id).order_by("pk")
    told = rows.values_list(
        "pk", "detector", "created_at", "signal_ids", "stream__kind", "config__beside"
    )[:BATCH]
    found = []
    for one in told:
        if one[2] > settled:
            break
        found.append(one)
    if not found:
        return 0
    # what only watches beside says nothing of how the detector fares
    live = [one for one in found if one[4] == StreamKind.LIVE and one[5] is None]
    sources = _sources_of(number for one in live for number in one[3][:CITED])
    counts: Counter[tuple[_Key, datetime]] = Counter()
    for _, detector, at, signal_ids, *_ in live:
        cited = {sources[number] for number in signal_ids[:CITED] if number in sources}
        for source in [None, *sorted(cited)]:
            counts[_Key(detector, source), _hour(at)] += 1
    _add(counts)
    cursor.signal_id, cursor.updated_at = found[-1][0], clock.now()
    cursor.save()
    return len(found)


@transaction.atomic
def judge_rates() -> int:
    """Raise what is due, end what is over. Returns how many alarms are open then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x414C_4152])  # "ALAR"
    HitHour.objects.filter(hour__lt=clock.now() - KEPT).delete()
    on = DetectorConfig.objects.filter(current=True).exclude(mode=Mode.OFF)
    series = _series(set(on.values_list("slug", flat=True)))
    open_ = {
        (_Key(one.detector, one.source_id), AlarmKind(one.kind)): one
        for one in DetectorAlarm.objects.filter(ended_at=None)
    }
    titles = dict(Source.objects.values_list("pk", "title"))
    left = 0
    for (key, kind), alarm in open_.items():
        if key not in series or _is_over(kind, series[key], alarm):
            _end(alarm, titles)
        else:
            left += 1
    for key, hours in sorted(series.items(), key=lambda one: (one[0].detector, one[0].source or 0)):
        for kind, judge in _JUDGES.items():
            judged = judge(hours)
            if judged is not None and (key, kind) not in open_:
                _raise(key, kind, judged, titles)
                left += 1
    return left


def _series(slugs: set[str]) -> dict[_Key, list[int]]:
    """Hours of one week, from the first one that is known of a detector."""
    now = _hour(clock.now())
    first = now - timedelta(hours=rates.HISTORY_H + rates.RECENT_H - 1)
    found: dict[_Key, dict[datetime, int]] = defaultdict(dict)
    began: dict[str, datetime] = {}
    rows = HitHour.objects.filter(hour__gte=first, hour__lte=now, detector__in=slugs)
    for detector, source, hour, number in rows.order_by("hour").values_list(
        "detector", "source", "hour", "findings"
    ):
        found[_Key(detector, source)][hour] = number
        began.setdefault(detector, hour)
    return {
        key: [
            counts.get(began[key.detector] + timedelta(hours=number), 0)
            for number in range(int((now - began[key.detector]) / timedelta(hours=1)) + 1)
        ]
        for key, counts in found.items()
    }


def _is_over(kind: AlarmKind, hours: Sequence[int], alarm: DetectorAlarm) -> bool:
    """A spike ends below half of what raised it; silence ends with a finding."""
    recent = max(hours[-rates.RECENT_H :])
    if kind == AlarmKind.SILENT:
        return recent > 0
    return recent < max(rates.SPIKE_LEAST, rates.SPIKE_TIMES * alarm.expected) / 2


def _raise(key: _Key, kind: AlarmKind, judged: rates.Judged, titles: dict[int, str]) -> None:
    alarm = DetectorAlarm.objects.create(
        detector=key.detector,
        source_id=key.source,
        kind=kind,
        counted=judged.counted,
        expected=judged.expected,
    )
    _note(Verb.ALARM_RAISED, alarm, titles, what=str(alarm))


def _end(alarm: DetectorAlarm, titles: dict[int, str]) -> None:
    alarm.ended_at = clock.now()
    alarm.save(update_fields=["ended_at"])
    _note(Verb.ALARM_ENDED, alarm, titles, what=alarm.get_kind_display().lower())


def _note(verb: Verb, alarm: DetectorAlarm, titles: dict[int, str], what: str) -> None:
    where = f" at signals of {titles.get(alarm.source_id, '')}" if alarm.source_id else ""
    audit.append(
        actor=None,
        verb=verb,
        target_type="detector",
        target_id=alarm.detector,
        kind=alarm.kind,
        what=f"{what}{where}",
    )


def _sources_of(ids: Iterable[int]) -> dict[int, int]:
    """Signal -> its source; those that were purged are missing."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, source_id FROM detectors_signal WHERE id = ANY(%s)", [wanted])
        return dict(cursor.fetchall())


def _add(counts: Counter[tuple[_Key, datetime]]) -> None:
    rows = [
        HitHour(detector=key.detector, source_id=key.source, hour=hour, findings=number)
        for (key, hour), number in sorted(counts.items(), key=lambda one: str(one[0]))
    ]
    for row in rows:
        same = HitHour.objects.filter(detector=row.detector, source=row.source_id, hour=row.hour)
        if not same.update(findings=F("findings") + row.findings):
            row.save()


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
