"""How a received pattern stands here: its rule, its backtest, and why it must stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Count
from django.db.models.functions import TruncDate

from abusedesk.core import clock
from cases import keyring
from cases.choices import ReceivedState
from cases.models import ReceivedPattern
from cases.sharing.patterns import binding, drift, wire
from cases.sharing.patterns.drift import Reason, Standing
from cases.sharing.patterns.vectors import Runnable, runnable
from detectors.base import DAY_S
from detectors.choices import BacktestState, Mode
from detectors.models import DetectorConfig, Finding, Shard, Signal
from detectors.selectors.precision import precisions_for
from detectors.sigma.detector import is_rule

OWN_DAYS: Final = 7
"""Days with own signals over which a received pattern is tried before it may watch."""
RUNS: Final = frozenset({ReceivedState.SHADOW, ReceivedState.ENABLED})


def pack_of(row: ReceivedPattern) -> wire.Pack:
    """What its author says of it."""
    return wire.read_pack(wire.extension_of(row.indicator))


def text_of(row: ReceivedPattern) -> str:
    """The pattern with the parameters that this desk set."""
    pack = pack_of(row)
    kind, text = str(row.indicator["pattern_type"]), str(row.indicator["pattern"])
    return binding.tuned(kind, text, pack.parameters, row.values)


def as_runnable(row: ReceivedPattern) -> Runnable:
    """What would run here. Raises UnreadableError."""
    return runnable(str(row.indicator["pattern_type"]), text_of(row))


def is_builtin(row: ReceivedPattern) -> bool:
    """Whether it is a detector of the product with settings."""
    return bool(row.indicator["pattern_type"] == wire.BUILTIN)


def params_of(row: ReceivedPattern) -> dict[str, Any]:
    """Its settings here; findings name where it came from."""
    params = as_runnable(row).params.model_dump(mode="json")
    if is_builtin(row):
        return params
    source = f"Pattern {row.key}, revision {row.revision}, from {row.partner.slug}."
    return params | {
        "sentence": f"{source} {{title}}: {{number}} of {{needed}} by {{accounts}} in {{window}}"
    }


def backtest_faults(row: ReceivedPattern) -> list[str]:
    """Why its backtest does not count yet; empty: it does."""
    run = row.backtest
    if run is None:
        return ["No backtest has run."]
    if run.state != BacktestState.DONE:
        return [f"The backtest is: {run.get_state_display().lower()}."]
    if run.proposed != params_of(row):
        return ["The backtest tried other settings."]
    if (run.until - run.since).total_seconds() < OWN_DAYS * DAY_S:
        return [f"The backtest spans less than {OWN_DAYS} days."]
    own = days_with_signals(run.stream_id, run.since, run.until)
    if own < OWN_DAYS:
        return [f"There are signals of {own} days in the backtest; {OWN_DAYS} are needed."]
    return []


def days_with_signals(stream_id: int, since: datetime, until: datetime) -> int:
    """Days of a window with own signals."""
    rows = Signal.objects.filter(stream=stream_id, occurred_at__gte=since, occurred_at__lt=until)
    days = rows.order_by().annotate(day=TruncDate("occurred_at", tzinfo=UTC)).values("day")
    return days.distinct().count()


def a_day_of(row: ReceivedPattern) -> float | None:
    """Findings a day of its backtest."""
    run = row.backtest
    if run is None or run.state != BacktestState.DONE:
        return None
    days = (run.until - run.since).total_seconds() / DAY_S
    return float(run.result["proposed"]["findings"]) / days


def mode_of(row: ReceivedPattern) -> str:
    """Off, shadow or live, as its rule is now; empty where it has none."""
    found = DetectorConfig.objects.filter(slug=row.slug, current=True).first()
    return found.mode if row.slug and found else ""


def reasons_of(row: ReceivedPattern, *, tests_pass: bool = True) -> list[Reason]:
    """Why it must not run, what is final first; empty: it may."""
    if row.paused == "revoked":
        return [Reason("revoked", "Its author took it back.", final=True)]
    pack = pack_of(row)
    runs = row.state in RUNS
    return list(
        drift.reasons(
            Standing(
                now=clock.now(),
                valid_until=row.valid_until,
                key_known=keyring.is_pattern_key(row.key_id),
                partner_active=row.partner.active,
                tests_pass=tests_pass,
                error=_error_of(row) if runs else "",
                a_day=a_day_of(row) if runs else None,
                days=_days_of(row) if runs else (),
                precision=_precision_of(row) if runs else None,
                sighted_at=_sighted(row) if runs else None,
                lifetime_days=pack.decay.lifetime_days,
                speed=pack.decay.speed,
            )
        )
    )


def obstacle_to_mode(*, slug: str, mode: str, params: Mapping[str, Any]) -> str:
    """Why a rule that came from a partner may not be set so; empty for every other rule.

    Every way on which settings come into force asks this, so no step can be left out.
    """
    rows = ReceivedPattern.objects.select_related("partner", "backtest").filter(slug=slug)
    # only rules come from partners: of others nothing has to be read
    row = rows.first() if is_rule(slug) else None
    if row is None or mode == Mode.OFF:
        return ""
    if dict(params) != params_of(row):
        return "This rule came from a partner: its settings are those of the pattern's page."
    if row.state not in RUNS:
        return f"This pattern is: {row.get_state_display().lower()}. See its page."
    if faults := [*backtest_faults(row), *(one.sentence for one in reasons_of(row))]:
        return faults[0]
    if mode == Mode.LIVE and mode_of(row) not in (Mode.SHADOW, Mode.LIVE):
        return "It has to watch in shadow first."
    return ""


def _error_of(row: ReceivedPattern) -> str:
    shards = Shard.objects.filter(config__slug=row.slug, config__current=True).exclude(error="")
    first = shards.values_list("error", flat=True).first() or ""
    return first.strip().splitlines()[-1][:200] if first.strip() else ""


def _days_of(row: ReceivedPattern) -> list[int]:
    """New findings on each of the last whole days, oldest first, since the day after it began."""
    if row.shadow_at is None:
        return []
    today = clock.now().astimezone(UTC).date()
    began = row.shadow_at.astimezone(UTC).date() + timedelta(days=1)
    first = max(began, today - timedelta(days=drift.DRIFT_DAYS))
    since = datetime.combine(first, time(), UTC)
    rows = Finding.objects.filter(detector=row.slug, created_at__gte=since).order_by()
    counts = dict(
        rows.values(day=TruncDate("created_at", tzinfo=UTC))
        .annotate(total=Count("id"))
        .values_list("day", "total")
    )
    return [counts.get(first + timedelta(days=n), 0) for n in range(max(0, (today - first).days))]


def _precision_of(row: ReceivedPattern) -> Any:
    return precisions_for(row.owner).get(row.slug) if row.owner else None


def _sighted(row: ReceivedPattern) -> datetime:
    last = Finding.objects.filter(detector=row.slug).order_by("-last_at").first()
    begun = row.shadow_at or row.received_at
    return max(last.last_at, begun) if last else begun
