"""A rule as one Postgres statement over stored signals; every value of it is a parameter.

What only RE2 or a parser of addresses can decide (regular expressions, networks) is left open in
SQL: the statement then selects at least what the rule does, and `is_exact` is false; who runs it
looks at each candidate again (`windows.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from detectors.base import PLACEHOLDERS
from detectors.grouping import JOINT
from detectors.sigma import counting_sql
from detectors.sigma.columns import AT, rows_of
from detectors.sigma.matching import COMPARE, as_text, folded
from detectors.sigma.model import (
    Check,
    Count,
    Every,
    Expr,
    Not,
    Op,
    Pattern,
    Rule,
    Some,
    Wild,
    checks_of,
)
from detectors.sigma.windows import MAX_GROUP_VALUES

OPEN: Final = frozenset({Op.RE, Op.CIDR})
_SIGNS: Final = {Op.LT: "<", Op.LTE: "<=", Op.GT: ">", Op.GTE: ">="}
_WILD: Final = {Wild.MANY: "%", Wild.ONE: "_"}


_CANDIDATES: Final = "SELECT id FROM ({union}) AS c ORDER BY at, id LIMIT {limit}"
_MATCHED: Final = "SELECT * FROM ({union}) AS m LIMIT {limit}"
_PLAIN: Final = "SELECT s.id, {at} AS at FROM detectors_signal AS s WHERE {where}"
_GROUPED: Final = """SELECT s.id, {at} AS at, {slot} AS slot, ARRAY[{names}]::text[] AS g,
        {mark} AS mark
    FROM detectors_signal AS s {joins} WHERE {where}"""
_GROUP: Final = """CROSS JOIN LATERAL (SELECT DISTINCT lower(v) AS v
    FROM (SELECT v FROM {rows} AS f WHERE v IS NOT NULL LIMIT {limit}) AS few
    WHERE lower(v) <> ALL({nobody})) AS g{place}"""


@dataclass(frozen=True, slots=True)
class Span:
    """Where to look: one time-line, from `since` up to `until`, at most so many candidates.

    groups: only these, by name.
    """

    stream_id: int
    since: Any
    until: Any
    candidates: int
    own_kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None


@dataclass(slots=True)
class Statement:
    """SQL with the values for its placeholders."""

    sql: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """The placeholder of one more value."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


def is_exact(rule: Rule) -> bool:
    """Whether the statement selects exactly what the rule does."""
    return not any(check.op in OPEN for slot in rule.slots for check in checks_of(slot.base.expr))


def candidates_of(rule: Rule, span: Span) -> Statement:
    """Ids of all signals that may meet a base of the rule, oldest first."""
    statement = Statement()
    branches = [
        _matching(rule, number, span, statement, grouped=False) for number in range(len(rule.slots))
    ]
    limit = statement.bind(span.candidates)
    union = " UNION ".join(branches)
    statement.sql = _CANDIDATES.format(union=union, limit=limit)
    return statement


def hits_of(rule: Rule, span: Span) -> Statement:
    """Windows in which the rule is met: rows of group, end, number, and the signals of all."""
    statement = Statement()
    branches = [
        _matching(rule, number, span, statement, grouped=True) for number in range(len(rule.slots))
    ]
    limit = statement.bind(span.candidates)
    matched = " UNION ALL ".join(branches)
    values = {
        "window": statement.bind(rule.window_s),
        "threshold": statement.bind(rule.threshold),
    }
    count = counting_sql.in_order if rule.count is Count.ORDERED else counting_sql.in_window
    statement.sql = count(_MATCHED.format(union=matched, limit=limit), len(rule.slots), values)
    return statement


def _matching(rule: Rule, number: int, span: Span, statement: Statement, *, grouped: bool) -> str:
    """Signals of one slot; grouped: each with its group and what it counts as."""
    slot, bind = rule.slots[number], statement.bind
    where = f"""s.stream_id = {bind(span.stream_id)}
        AND s.occurred_at >= {bind(span.since)} AND s.occurred_at < {bind(span.until)}
        AND s.kind <> ALL({bind(list(span.own_kinds))})
        AND {_condition(slot.base.expr, statement)}"""
    if not grouped:
        return _PLAIN.format(at=AT, where=where)
    joins = [_group(name, place, statement) for place, name in enumerate(slot.group_by)]
    names = ", ".join(f"g{place}.v" for place in range(len(joins)))
    if span.groups is not None and joins:
        joint, wanted = bind(JOINT), bind(list(span.groups))
        where += f" AND array_to_string(ARRAY[{names}]::text[], {joint}) = ANY({wanted})"
    mark = f"'{number}'"
    if rule.count is Count.EVENTS:
        mark = "s.id::text"
    elif rule.count is Count.VALUES:
        # a signal without a value counts for nothing, but its window is one
        joins.append(f"LEFT JOIN LATERAL {rows_of(slot.counted, bind)} AS counted ON TRUE")
        mark = "lower(counted.v)"
    joined = " ".join(joins)
    return _GROUPED.format(at=AT, slot=number, names=names, mark=mark, joins=joined, where=where)


def _group(name: str, place: int, statement: Statement) -> str:
    nobody = statement.bind(sorted(PLACEHOLDERS))
    rows = rows_of(name, statement.bind)
    return _GROUP.format(place=place, rows=rows, limit=MAX_GROUP_VALUES, nobody=nobody)


def _condition(expr: Expr, statement: Statement, *, is_open: bool = True) -> str:
    """SQL that is never NULL. is_open: what stands for a check that SQL does not decide."""
    match expr:
        case Check():
            if expr.op in OPEN:
                return "TRUE" if is_open else "FALSE"
            return _check(expr, statement)
        case Not(part):
            return f"NOT ({_condition(part, statement, is_open=not is_open)})"
        case Every(parts):
            return f"({' AND '.join(_condition(one, statement, is_open=is_open) for one in parts)})"
        case Some(parts):
            return f"({' OR '.join(_condition(one, statement, is_open=is_open) for one in parts)})"


def _check(check: Check, statement: Statement) -> str:
    rows = rows_of(check.field, statement.bind)
    if check.op is Op.EXISTS:
        word = "EXISTS" if check.wanted else "NOT EXISTS"
        return f"{word} (SELECT FROM {rows} AS f WHERE v IS NOT NULL)"
    return f"EXISTS (SELECT FROM {rows} AS f WHERE {_compared(check, statement)})"


def _compared(check: Check, statement: Statement) -> str:
    bind, wanted = statement.bind, check.wanted
    if check.op is Op.LIKE:
        return _like(check, statement)
    if check.op in COMPARE:
        return f"n {_SIGNS[check.op]} {bind(str(wanted))}::numeric"
    if isinstance(wanted, bool):
        return f"lower(v) = {bind(as_text(wanted))}"
    text, number = bind(folded(as_text(wanted))), bind(str(wanted))
    return f"(n = {number}::numeric OR (n IS NULL AND lower(v) = {text}))"


def _like(check: Check, statement: Statement) -> str:
    pattern: Pattern = check.wanted
    value = "v" if check.cased else "lower(v)"
    if not any(isinstance(one, Wild) for one in pattern):
        text = "".join(one for one in pattern if isinstance(one, str))
        return f"{value} = {statement.bind(text if check.cased else folded(text))}"
    parts = [_WILD[one] if isinstance(one, Wild) else _literal(one, check) for one in pattern]
    return f"{value} LIKE {statement.bind(''.join(parts))}"


def _literal(text: str, check: Check) -> str:
    text = text if check.cased else folded(text)
    for special in ("\\", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return text
