"""Makes of an own pattern what would leave: tests run, bytes, preview, conflicts."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from math import ceil
from typing import Any, Final

import msgspec

from abusedesk.core import clock
from cases.models import Circle, Organisation, OutcomeTold, Partner, Pattern
from cases.offering import audience_of
from cases.previewing import organisation
from cases.sharing import egress, tlp
from cases.sharing.conflicts import Conflict
from cases.sharing.facts import Maker
from cases.sharing.patterns import outcomes, scrutiny, vectors, wire
from cases.sharing.patterns.offering import PatternOffer
from cases.sharing.patterns.outcomes import Outcome
from cases.sharing.patterns.vectors import Result, Runnable
from detectors import entities
from detectors.base import DAY_S
from detectors.choices import BacktestState, EntityType
from detectors.models import Backtest, Entity, Signal
from detectors.sigma.model import Rule, checks_of
from detectors.sigma.params import RuleParams

OWN_DAYS: Final = 30
"""Days over which an author tries a pattern before it leaves."""
MILLION: Final = 1_000_000


def prepare(row: Pattern) -> None:
    """Run its tests and freeze the preview of the revision that is worked on (not saved)."""
    maker = organisation()
    tests = msgspec.convert(row.tests, list[wire.Vector])
    row.tested, row.bundle, row.lines = [], "", []
    try:
        what = vectors.runnable(row.pattern_type, row.text)
    except wire.UnreadableError as error:
        row.conflicts = [asdict(Conflict("pattern", str(error)))]
        row.digest = ""
        return
    results = vectors.run_vectors(what, tests)
    row.tested = [asdict(one) for one in results]
    row.expected = expected_of(row)
    offer = offer_of(row, maker)
    getting = receivers_of(row)
    known = _known_here(scrutiny.accounts_in(tests))
    found = [*scrutiny.conflicts_of(offer, known), *_tests(results), *_audience(getting)]
    row.conflicts = [asdict(one) for one in dict.fromkeys(found)]
    row.lines = [asdict(one) for one in scrutiny.lines_of(offer, scrutiny.rule_of(offer))]
    if row.tlp != tlp.RED:
        row.bundle = egress.render_pattern(offer, secret_of(maker))[0].decode()
    row.digest = digest_of(row, getting)


def digest_of(row: Pattern, getting: Sequence[Partner]) -> str:
    """SHA-256 over the bytes, who gets them, and what for."""
    told = [row.tlp, row.purpose, egress.digest(row.bundle.encode())]
    told += sorted(one.slug for one in getting)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def offer_of(row: Pattern, maker: Organisation) -> PatternOffer:
    """The pattern as the pure code sees it."""
    what = vectors.runnable(row.pattern_type, row.text)
    rule = what.params.rule if isinstance(what.params, RuleParams) else None
    return PatternOffer(
        id=row.stix_id,
        key=row.key,
        revision=row.revision,
        born=row.created_at,
        at=row.at,
        maker=maker_of(maker),
        level=row.tlp,
        pap=msgspec.convert(row.pap, wire.Pap),
        valid_until=row.valid_until.replace(microsecond=0),
        title=row.title,
        summary=row.summary,
        licence=row.licence,
        severity=msgspec.convert(rule.level if rule else row.severity, wire.Severity),
        pattern_type=row.pattern_type,
        pattern=row.text,
        history_days=_history_days(what, rule),
        lifetime_days=row.lifetime_days,
        tests=msgspec.convert(row.tests, list[wire.Vector]),
        parameters=msgspec.convert(row.parameters, dict[str, wire.Parameter]),
        reads=fields_of(rule) if rule else (),
        kinds=() if rule else what.kind.meta.kinds,
        lineage=msgspec.convert(row.lineage, list[wire.Parent]),
        expected=msgspec.convert(row.expected, wire.Expected) if row.expected else None,
        builtin=None if rule else _builtin(what),
        evidence=evidence_of(row),
    )


def maker_of(row: Organisation) -> Maker:
    """Whose desk this is, as objects name it."""
    return Maker(f"identity--{row.identity}", row.name, row.since)


def secret_of(row: Organisation) -> bytes:
    """The key that this desk signs with."""
    return row.signing_secret


def fields_of(rule: Rule) -> list[str]:
    """Fields of signals that a rule reads, by name."""
    found: set[str] = set()
    for slot in rule.slots:
        found.update(check.field for check in checks_of(slot.base.expr))
        found.update(slot.group_by)
        found.update([slot.counted] if slot.counted else [])
    return sorted(found)


def receivers_of(row: Pattern) -> list[Partner]:
    """Named partners to whom the gate lets it."""
    refused = refusals_of(row)
    return [one for one in row.partners.all() if not refused[one.pk]]


def refusals_of(row: Pattern) -> dict[int, list[str]]:
    """Member or named partner -> why it does not get the pattern as it is now."""
    return refusals_at(row.tlp, row.circle, set(row.partners.values_list("pk", flat=True)))


def refusals_at(level: str, circle: Circle, named: set[int]) -> dict[int, list[str]]:
    """The same for something that is marked so."""
    members = set(circle.members.values_list("partner", flat=True))
    partners = Partner.objects.in_bulk(members | named)
    return {
        pk: egress.refusals(
            level,
            audience_of(circle, one, named=pk in named, member=pk in members),
            clock.now().date(),
        )
        for pk, one in partners.items()
    }


def evidence_of(row: Pattern) -> dict[str, Any]:
    """What partners told of all revisions so far, as floors."""
    told = OutcomeTold.objects.filter(pattern=row)
    counts = outcomes.totals(
        Outcome(row.stix_id, one.revision, one.kind, one.monday, one.floor) for one in told
    )
    return {kind: floor for kind, floor in counts.items() if floor}


def params_of(row: Pattern) -> dict[str, Any]:
    """The settings that a backtest of its text proposes."""
    return vectors.runnable(row.pattern_type, row.text).params.model_dump(mode="json")


def expected_of(row: Pattern) -> dict[str, Any] | None:
    """What its backtest found for a million signals; None unless that tried the text as it is."""
    run = row.backtest
    if run is None or run.state != BacktestState.DONE or run.proposed != params_of(row):
        return None
    days = round((run.until - run.since).total_seconds() / DAY_S)
    if days < OWN_DAYS:
        return None
    return {"days": days, **rates_of(run, days)}


def rates_of(run: Backtest, days: int) -> dict[str, dict[str, float]]:
    """Findings and groups of accounts a day for a million signals: p50 and p95 of days."""
    window = {"occurred_at__gte": run.since, "occurred_at__lt": run.until}
    signals = Signal.objects.filter(stream=run.stream_id, **window).count()
    scale = MILLION * days / signals if signals else 0.0
    findings = Counter({day: proposed for day, _, proposed in run.result["days"]})
    groups: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for one in run.findings.exclude(change="lost").only("said_at", "subjects"):
        groups[one.said_at.astimezone(UTC).date().isoformat()].add(tuple(one.subjects))
    sizes = Counter({day: len(found) for day, found in groups.items()})
    return {"findings": _rate(findings, days, scale), "groups": _rate(sizes, days, scale)}


def _rate(by_day: Counter[str], days: int, scale: float) -> dict[str, float]:
    counts = sorted([*by_day.values(), *[0] * max(0, days - len(by_day))])
    at = {name: counts[min(len(counts) - 1, ceil(share * len(counts)) - 1)]
          for name, share in (("p50", 0.5), ("p95", 0.95))}  # fmt: skip
    return {name: round(value * scale, 3) for name, value in at.items()}


def _history_days(what: Runnable, rule: Rule | None) -> int:
    seconds = rule.window_s if rule else what.kind.meta.lookback_s
    return max(1, ceil(seconds / DAY_S))


def _builtin(what: Runnable) -> wire.Builtin:
    meta = what.kind.meta
    return wire.Builtin(meta.slug, meta.version, what.params.model_dump(mode="json"))


def _tests(results: Sequence[Result]) -> list[Conflict]:
    found = [
        Conflict("tests", f"The test {one.name} does not pass. {one.error or _missed(one)}")
        for one in results
        if not one.passed
    ]
    there = {one.kind for one in results}
    missing = [kind for kind in ("positive", "negative") if kind not in there]
    return found + [Conflict("tests", f"There is no {kind} test.") for kind in missing]


def _missed(one: Result) -> str:
    told = [f"missing: {', '.join(group)}" for group in one.missing]
    told += [f"found beyond that: {', '.join(group) or 'nobody'}" for group in one.beyond]
    return "; ".join(told)


def _audience(getting: Sequence[Partner]) -> list[Conflict]:
    return [] if getting else [Conflict("audience", "Nobody would get it.")]


def _known_here(accounts: set[str]) -> list[str]:
    digests = {entities.digest_of(EntityType.ACCOUNT, one): one for one in accounts}
    rows = Entity.objects.filter(digest__in=list(digests)).values_list("value", flat=True)
    return sorted(rows)
