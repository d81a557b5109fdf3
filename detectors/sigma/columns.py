"""How SQL reads the fields of a stored signal `s`: each as rows of a text `v` and a number `n`.

Names of open fields come from rules; they go into parameters, never into the text of a statement.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from detectors.base import HOUR_S, MAX_IDENTIFIERS
from detectors.sigma.fields import MAX_ATOMS, field_named, key_of

Bind = Callable[[object], str]
"""Puts a value among the parameters of the statement and gives its placeholder."""

AT: Final = """(CASE WHEN s.occurred_at <= s.received_at + interval '300 s'
    THEN s.occurred_at ELSE s.received_at END)"""
"""When it happened, as detectors see it: a sender's clock may run ahead."""

_AGE_H: Final = f"""round(extract(epoch FROM {AT}
    - (s.payload #>> '{{actor_profile,created_at}}')::timestamptz) / {HOUR_S}, 3)"""
_TEXT: Final = "(SELECT NULLIF({}, '') AS v, NULL::numeric AS n)"
_COLUMNS: Final = {
    "platform": _TEXT.format("s.platform"),
    "kind": _TEXT.format("s.kind"),
    "actor": _TEXT.format("s.actor"),
    "text": _TEXT.format("s.text"),
    "account": "(SELECT s.platform || ':' || NULLIF(s.actor, '') AS v, NULL::numeric AS n)",
    "actor_age_h": f"(SELECT {_AGE_H}::text AS v, {_AGE_H} AS n)",
    # links are made after the signal is stored; until then it has no domain
    "domain": """(SELECT DISTINCT e.value AS v, NULL::numeric AS n
        FROM detectors_signalentity AS m JOIN detectors_entity AS e ON e.id = m.entity_id
        WHERE m.signal_id = s.id AND m.occurred_at = s.occurred_at
            AND e.type = 'domain' AND m.role IN ('link', 'text')
        ORDER BY v)""",
}
_JSON: Final = """(SELECT j #>> '{{}}' AS v,
        CASE jsonb_typeof(j) WHEN 'number' THEN (j #>> '{{}}')::numeric END AS n
    FROM (SELECT j FROM jsonb_path_query(s.payload, {path}::jsonpath) AS j LIMIT {limit}) AS few
    WHERE jsonb_typeof(j) IN ('string', 'number', 'boolean') AND j #>> '{{}}' <> '')"""


def rows_of(name: str, bind: Bind) -> str:
    """A subquery with the values of a field."""
    if name in _COLUMNS:
        return _COLUMNS[name]
    field = field_named(name)
    if field is None:
        message = f"no field {name}"
        raise KeyError(message)
    limit = MAX_IDENTIFIERS if field.name == "identifiers." else MAX_ATOMS
    return _JSON.format(path=bind(_path(name)), limit=limit)


def _path(name: str) -> str:
    """The JSON path of a field; the name after the dot is quoted, and holds no quotes."""
    head, dot, _ = name.partition(".")
    key = f'."{key_of(name)}"' if dot else ""
    return f"lax $.{head}{key}[*]"
