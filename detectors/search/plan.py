"""From terms to SQL: what a signal must be, and along which index its candidates come."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from abusedesk.core.query import Query, Term, moment
from detectors.engine import OWN_KINDS
from detectors.entities import digest_of
from detectors.search.fields import ENTITIES

TIMES: Final = frozenset({"since", "until", "at"})
DAY: Final = timedelta(days=1)
WORDS: Final = "to_tsvector('simple'::regconfig, s.text)"
PROVIDER: Final = "lower(s.payload -> 'ai' ->> 'provider')"
MODEL: Final = "lower(s.payload -> 'ai' ->> 'model')"
MENTIONED: Final = """EXISTS (SELECT FROM detectors_signalentity AS m
    JOIN detectors_entity AS e ON e.id = m.entity_id
    WHERE e.digest = ANY({}) AND m.signal_id = s.id AND m.occurred_at = s.occurred_at)"""
SENT_BY: Final = """s.source_id = ANY(ARRAY(
    SELECT id FROM detectors_source WHERE slug = ANY({})))"""

_RUN: Final = re.compile(r"[^\W_]+")
_LIKE: Final = re.compile(r"([\\%_])")


@dataclass(slots=True)
class Plan:
    """A compiled query.

    checks: what each candidate must be. indexed: the same where the search index answers a part
    of it; used when `selective`. keys: values of the index along which `along` finds candidates.
    since, until: the span, until excluded.
    """

    along: str = "time"
    keys: list[Any] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    indexed: list[str] = field(default_factory=list)
    selective: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None

    @property
    def where(self) -> str:
        """For a candidate `s`."""
        return " AND ".join(self.checks)

    @property
    def where_indexed(self) -> str:
        """For the search index."""
        return " AND ".join(self.indexed)

    @property
    def all_match(self) -> bool:
        """Whether every signal of the span is a hit."""
        return len(self.checks) == 1

    def param(self, value: Any) -> str:
        """The placeholder of one more value."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def must(self, check: str, indexed: str = "") -> None:
        """One more condition. indexed: how the search index takes it; empty: not at all."""
        self.checks.append(check)
        self.indexed.append(indexed or check)
        self.selective = self.selective or bool(indexed)


def plan_of(query: Query, now: datetime) -> Plan:
    """Compile. Times that are relative count from `now`."""
    plan = Plan()
    plan.must(f"s.kind <> ALL({plan.param(sorted(OWN_KINDS))})")
    for term in query.terms:
        if not _bounds(plan, term, now):
            _condition(plan, term, now)
    _choose_way(plan, query.terms)
    return plan


def _choose_way(plan: Plan, terms: Sequence[Term]) -> None:
    """Candidates come along the index that has the fewest of them, as far as one can know."""
    told = {term.field: term for term in terms if not term.negated}
    if entity := next((term for name, term in told.items() if name in ENTITIES), None):
        plan.along, plan.keys = "entity", _digests(entity)
    elif actor := told.get("actor"):
        plan.along, plan.keys = "actor", list(actor.values)
    elif provider := told.get("provider"):
        plan.along, plan.keys = "provider", list(provider.values)


def _bounds(plan: Plan, term: Term, now: datetime) -> bool:
    """Narrow the span; False when the term is not about one."""
    if term.negated or term.field not in TIMES:
        return False
    for value in term.values:
        low, high = _span(term, moment(value, now))
        plan.since = max(filter(None, (plan.since, low)), default=None)
        plan.until = min(filter(None, (plan.until, high)), default=None)
    return True


def _span(term: Term, at: datetime) -> tuple[datetime | None, datetime | None]:
    """First moment and the first one after; `at:` without operator is the day or the minute."""
    tick = timedelta(microseconds=1)
    match term.operator or term.field:
        case "since" | ">=":
            return at, None
        case ">":
            return at + tick, None
        case "until" | "<":
            return None, at
        case "<=":
            return None, at + tick
        case _:
            return at, at + (DAY if at.time() == at.time().min else timedelta(minutes=1))


def _condition(plan: Plan, term: Term, now: datetime) -> None:
    if term.field in TIMES:
        check, indexed = _within(plan, term, now), ""
    elif term.field in ENTITIES:
        check, indexed = MENTIONED.format(plan.param(_digests(term))), ""
    else:
        check, indexed = _CONDITIONS[term.field](plan, term)
    if term.negated:
        plan.must(f"({check}) IS NOT TRUE")
    else:
        plan.must(check, indexed)


def _text(plan: Plan, term: Term) -> tuple[str, str]:
    """Words. What has no letter (an emoji) is looked for as it stands, without the index."""
    if not all(_RUN.search(value) for value in term.values):
        like = plan.param([_like(value) for value in term.values])
        return f"s.text ILIKE ANY({like})", ""
    asked = " || ".join(_tsquery(plan, value) for value in term.values)
    # Reading words out of a text takes 10 us, comparing letters 1: most candidates end there.
    longest = [max(_RUN.findall(value), key=len) for value in term.values]
    like = plan.param([_like(run) for run in longest])
    exact = f"{WORDS} @@ ({asked})"
    return f"s.text ILIKE ANY({like}) AND ({exact}) IS TRUE", exact


def _tsquery(plan: Plan, value: str) -> str:
    word = value[:-1]
    if value.endswith("*") and _RUN.fullmatch(word):
        return f"to_tsquery('simple', {plan.param(f'{word}:*')})"
    return f"phraseto_tsquery('simple', {plan.param(value)})"


def _like(part: str) -> str:
    return "%" + _LIKE.sub(r"\\\1", part) + "%"


def _column(name: str) -> Callable[[Plan, Term], tuple[str, str]]:
    """A column of the search index."""

    def condition(plan: Plan, term: Term) -> tuple[str, str]:
        check = f"s.{name} = ANY({plan.param(list(term.values))})"
        return check, check

    return condition


def _source(plan: Plan, term: Term) -> tuple[str, str]:
    slugs = plan.param(list(term.values))
    check = SENT_BY.format(slugs)
    return check, check


def _actor(plan: Plan, term: Term) -> tuple[str, str]:
    return f"s.actor = ANY({plan.param(list(term.values))})", ""


def _ai(expression: str) -> Callable[[Plan, Term], tuple[str, str]]:
    def condition(plan: Plan, term: Term) -> tuple[str, str]:
        return f"s.payload ? 'ai' AND {expression} = ANY({plan.param(list(term.values))})", ""

    return condition


def _attribute(plan: Plan, term: Term) -> tuple[str, str]:
    found = f"s.payload -> 'attributes' ->> {plan.param(term.key)}"
    return f"({found}) = ANY({plan.param(list(term.values))})", ""


def _within(plan: Plan, term: Term, now: datetime) -> str:
    spans = []
    for value in term.values:
        low, high = _span(term, moment(value, now))
        lower = f"s.occurred_at >= {plan.param(low)}" if low else "TRUE"
        upper = f"s.occurred_at < {plan.param(high)}" if high else "TRUE"
        spans.append(f"({lower} AND {upper})")
    return " OR ".join(spans)


def _digests(term: Term) -> list[bytes]:
    return [digest_of(term.field, value) for value in term.values]


_CONDITIONS: Final[dict[str, Callable[[Plan, Term], tuple[str, str]]]] = {
    "": _text,
    "text": _text,
    "platform": _column("platform"),
    "kind": _column("kind"),
    "source": _source,
    "actor": _actor,
    "provider": _ai(PROVIDER),
    "model": _ai(MODEL),
    "attr": _attribute,
}
