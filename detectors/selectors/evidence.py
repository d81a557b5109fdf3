"""Reads what findings rest on: how many signals, and what their accounts did together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import connection
from pydantic import ValidationError

from abusedesk.core.models import User
from detectors import registry, stream
from detectors.base import Key, Signal
from detectors.models import Finding
from detectors.policy import READERS

MAX_SIGNALS: Final = 600  # 0.1 ms each to cut into keys: the page stays within its budget
MAX_FINDINGS: Final = 10
HIDDEN: Final = frozenset(
    {"sketch-band", "text-band", "text-run"}
)  # a detector's inner names tell a person nothing

_COUNT = """
SELECT count(DISTINCT signal), coalesce(max(signal_total), 0)
FROM detectors_finding LEFT JOIN LATERAL unnest(signal_ids) AS signal ON true
WHERE id = ANY(%s)
"""
# A signal happened when its finding says; a sender's clock may run ten minutes ahead.
_PROVIDERS = """
SELECT DISTINCT lower(signal.payload -> 'ai' ->> 'provider')
FROM detectors_finding AS finding
CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
JOIN detectors_signal AS signal ON signal.id = cited
    AND signal.occurred_at >= finding.first_at - interval '10 minutes'
    AND signal.occurred_at <= finding.last_at + interval '10 minutes'
WHERE finding.id = ANY(%s) AND signal.payload ? 'ai'
ORDER BY 1
"""
_FIRSTS = """
SELECT signal.platform, min(signal.occurred_at)
FROM detectors_finding AS finding
CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
JOIN detectors_signal AS signal ON signal.id = cited
    AND signal.occurred_at >= finding.first_at - interval '10 minutes'
    AND signal.occurred_at <= finding.last_at + interval '10 minutes'
WHERE finding.id = ANY(%s)
GROUP BY signal.platform
"""
_BY_DAY = """
SELECT floor(extract(epoch FROM at) / 86400)::int AS day, count(*)
FROM (
    SELECT DISTINCT signal.id, signal.occurred_at AS at
    FROM detectors_finding AS finding
    CROSS JOIN LATERAL unnest(finding.signal_ids) AS cited
    JOIN detectors_signal AS signal ON signal.id = cited AND signal.occurred_at >= %(since)s
    WHERE finding.id = ANY(%(findings)s)
        AND finding.last_at >= %(since)s - interval '10 minutes'
) AS hit
GROUP BY day
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing that several accounts acted on; acts: account -> its first act on it."""

    key: Key
    acts: dict[str, Signal] = field(default_factory=dict)

    @property
    def in_order(self) -> list[Signal]:
        """The acts by time."""
        return sorted(self.acts.values(), key=_moment)

    @property
    def span_s(self) -> float:
        """Seconds from the first to the last act."""
        moments = [signal.at for signal in self.acts.values()]
        return max(moments) - min(moments)


def signal_count(finding_ids: Collection[int]) -> int:
    """Different signals that these findings cite; ids are capped per finding, totals are not."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [list(finding_ids)])
        distinct, largest = cursor.fetchone()
    return max(int(distinct), int(largest))


def providers_of(finding_ids: Collection[int]) -> list[str]:
    """AI services that the cited signals name, in small letters."""
    with connection.cursor() as cursor:
        cursor.execute(_PROVIDERS, [list(finding_ids)])
        return [name for (name,) in cursor.fetchall() if name]


def firsts_of(finding_ids: Collection[int]) -> dict[str, datetime]:
    """Platform -> when the first of the cited signals there happened."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRSTS, [list(finding_ids)])
        return dict(cursor.fetchall())


def days_of(finding_ids: Collection[int], since: datetime) -> dict[int, int]:
    """Day, counted from 1970 in UTC -> how many of the cited signals happened on it."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, {"findings": list(finding_ids), "since": since})
        return dict(cursor.fetchall())


def shared_of(findings: Sequence[Finding], viewer: User) -> list[Shared]:
    """What the accounts of these findings did together, by number of accounts, then by closeness.

    findings: with their `config`, the strongest first; of the first 10, up to 600 cited signals
    are cut into the keys that their detector keeps.
    """
    chosen = _bounded(findings) if viewer.role in READERS else {}
    ids = sorted({one for cited in chosen.values() for one in cited})
    signals = {signal.id: signal for signal in stream.signals_by_id(ids)}
    found: dict[Key, Shared] = {}
    for finding, cited in chosen.items():
        cut, subjects = _cutter(finding), frozenset(finding.subjects)
        for signal in (signals[one] for one in cited if one in signals):
            if signal.account not in subjects:
                continue
            for key in cut(signal):
                acts = found.setdefault(key, Shared(key)).acts
                known = acts.setdefault(signal.account, signal)
                acts[signal.account] = min(known, signal, key=_moment)
    several = [one for one in found.values() if len(one.acts) > 1]
    return sorted(several, key=lambda one: (-len(one.acts), one.span_s, one.key))


def _bounded(findings: Sequence[Finding]) -> dict[Finding, list[int]]:
    """The newest cited signals of each finding, until there are enough."""
    chosen: dict[Finding, list[int]] = {}
    left = MAX_SIGNALS
    for finding in findings[:MAX_FINDINGS]:
        if left <= 0:
            break
        chosen[finding] = list(finding.signal_ids[-left:])
        left -= len(chosen[finding])
    return chosen


def _cutter(finding: Finding) -> Callable[[Signal], list[Key]]:
    """How the detector of the finding cuts a signal into keys; into none if it is gone by now."""
    try:
        rule = registry.get(finding.detector)
        params = rule.Params.model_validate(finding.config.params)
    except (KeyError, ValidationError):
        return lambda _: []
    keys = rule().keys
    return lambda signal: [key for key in keys(signal, params) if key.type not in HIDDEN]


def _moment(signal: Signal) -> tuple[float, int]:
    return signal.at, signal.id
