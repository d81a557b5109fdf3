"""Tries a rule on stored signals: in a transaction that can only read, for a limited time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from detectors import stream
from detectors.base import Signal as Act
from detectors.engine import OWN_KINDS
from detectors.models import Stream
from detectors.policy import require_sight
from detectors.selectors.line import line_by_slug
from detectors.sigma.model import Count, Rule
from detectors.sigma.params import RuleParams
from detectors.sigma.sql import Span, Statement, candidates_of, hits_of, is_exact
from detectors.sigma.windows import Alert, alerts_of, group_name
from detectors.timeline import usual_line
from detectors.trying import best_windows

CANDIDATES: Final = 50_000
"""Signals that meet a rule's conditions; of more, the rest is left out, and that is said."""
OPEN_CANDIDATES: Final = 10_000
"""The same where each candidate must be read again."""
TIME_S: Final = 5.0
NEAR_TIME_S: Final = 1.0
"""For one rule of many that a page asks."""
_PAGE: Final = 2_000
_LIMITS: Final = """SELECT set_config('statement_timeout', %s, true),
    set_config('transaction_read_only', 'on', true), set_config('work_mem', '32MB', true)"""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a rule finds in a span. matched: signals that meet its conditions; is_whole: whether
    all of them were looked at. signal_ids: those in windows that the rule is met by.
    """

    alerts: list[Alert]
    signal_ids: list[int]
    matched: int
    is_whole: bool


def rule_hits_for(
    viewer: User, rule: Rule, *, stream_id: int, since: datetime, until: datetime
) -> Hits:
    """What `rule` finds among the signals of a span. Raises NotFoundError, or InvalidError when
    that takes too long.
    """
    require_sight(viewer, "signal.view")
    limit = CANDIDATES if is_exact(rule) else OPEN_CANDIDATES
    span = Span(stream_id, since, until, limit + 1, tuple(sorted(OWN_KINDS)))
    return _by_sql(rule, span, limit) if is_exact(rule) else _looked_at(rule, span, limit)


def best_windows_for(
    viewer: User,
    params: RuleParams,
    *,
    stream_id: int,
    since: datetime,
    until: datetime,
    groups: Sequence[str],
) -> dict[str, int]:
    """Of these groups, by name: what the fullest window of a span holds, hit or not.

    Raises NotFoundError, or InvalidError when that takes too long.
    """
    require_sight(viewer, "signal.view")
    rule, own = replace(params.rule, threshold=1), tuple(sorted(OWN_KINDS))
    limit = CANDIDATES if is_exact(rule) else OPEN_CANDIDATES
    span = Span(stream_id, since, until, limit, own, tuple(groups))
    if is_exact(rule) and rule.count is not Count.ORDERED:
        told = [
            (group_name(one.group), one.number)
            for one in _by_sql(rule, span, 0, NEAR_TIME_S).alerts
        ]
    else:
        signals = _signals([row[0] for row in _rows(candidates_of(rule, span), NEAR_TIME_S)])
        ordered = sorted(signals, key=lambda one: one.place)
        told = [(group_name(one.group), one.value) for one in best_windows(params, ordered)]
    best: dict[str, int] = {}
    for name, number in told:
        if name in groups:
            best[name] = max(number, best.get(name, 0))
    return best


def tried_line_for(viewer: User, slug: str = "") -> Stream | None:
    """The time-line that rules are tried on: that of the name, or else the live one, or the newest
    import where that is empty; None on a desk without signals, or where there is none so called.
    """
    require_sight(viewer, "signal.view")
    return line_by_slug(slug, viewer) if slug else usual_line()


def _by_sql(rule: Rule, span: Span, limit: int, time_s: float | None = None) -> Hits:
    matched, rows, ids, groups, ends, numbers = _rows(hits_of(rule, span), time_s)[0]
    told = zip(json.loads(groups or "[]"), ends or (), numbers or (), strict=True)
    alerts = [Alert(tuple(group), at, number, ()) for group, at, number in told]
    return Hits(alerts, list(ids or ()), matched, rows <= limit)


def _looked_at(rule: Rule, span: Span, limit: int) -> Hits:
    """SQL brings the candidates; what it left open is decided here."""
    ids = [row[0] for row in _rows(candidates_of(rule, span))]
    kept = ids[:limit]
    alerts = alerts_of(rule, _signals(kept))
    cited = sorted({one for alert in alerts for one in alert.signal_ids})
    return Hits(alerts, cited, len(kept), len(ids) <= limit)


def _signals(ids: Sequence[int]) -> list[Act]:
    pages = (ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE))
    return [signal for page in pages for signal in stream.signals_by_id(list(page))]


def _rows(statement: Statement, time_s: float | None = None) -> list[tuple[Any, ...]]:
    wait_s = TIME_S if time_s is None else time_s
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMITS, [f"{round(wait_s * 1000)}ms"])
            cursor.execute(statement.sql, statement.values)
            rows = list(cursor.fetchall())
            cursor.execute("SET LOCAL statement_timeout = 0")
            return rows
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        message = (
            f"The rule takes longer than {wait_s:g} s on these signals. Try fewer days, or "
            "conditions that fewer signals meet."
        )
        raise InvalidError(message, field="sigma") from error
