"""SQL that counts inside sliding windows without comparing each signal with each other.

`matched` gives rows of id, at, slot, g (the group) and mark (what the signal counts as). Windows
end at a row of the group and reach back so many seconds, both ends included. There is no join of
such rows: the planner knows nothing of their number and would compare each with each other.
"""

from __future__ import annotations

from collections.abc import Mapping

# A mark is in the window ending at t while its newest row is at most `window` old. So each run of
# rows of one mark adds 1 when it begins and takes it away after it ends; the running sum at t is
# the number of different marks. ord: what begins at t counts there, what ends at t still does.
_IN_WINDOW = """
WITH matched AS MATERIALIZED ({matched}),
marks AS (
    SELECT g, mark, at, lag(at) OVER w AS before, lead(at) OVER w AS next
    FROM (SELECT DISTINCT g, mark, at FROM matched WHERE mark IS NOT NULL) AS d
    WINDOW w AS (PARTITION BY g, mark ORDER BY at)
),
steps AS (
    SELECT g, at, 0 AS ord, 1 AS delta, NULL::bigint[] AS ids FROM marks
        WHERE before IS NULL OR before < at - make_interval(secs => {window})
    UNION ALL
    SELECT g, at + make_interval(secs => {window}), 2, -1, NULL FROM marks
        WHERE next IS NULL OR next > at + make_interval(secs => {window})
    UNION ALL
    SELECT g, at, 1, 0, array_agg(id) FROM matched GROUP BY g, at
),
summed AS (
    SELECT g, at, ord, ids,
        sum(delta) OVER (PARTITION BY g ORDER BY at, ord ROWS UNBOUNDED PRECEDING) AS number
    FROM steps
),
near AS MATERIALIZED (
    SELECT g, at, number, ids, sum((number >= {threshold})::int) OVER (PARTITION BY g ORDER BY at
        RANGE BETWEEN CURRENT ROW AND make_interval(secs => {window}) FOLLOWING) AS hits
    FROM summed WHERE ord = 1
),
ends AS (SELECT g, at, number FROM near WHERE number >= {threshold}),
cited AS (SELECT DISTINCT unnest(ids) AS id FROM near WHERE hits > 0)
{told}
"""
_TOLD = """SELECT (SELECT count(DISTINCT id) FROM matched),
    (SELECT count(*) FROM matched),
    (SELECT array_agg(id ORDER BY id) FROM cited),
    (SELECT jsonb_agg(to_jsonb(g) ORDER BY at, g) FROM ends),
    (SELECT array_agg(extract(epoch FROM at)::float8 ORDER BY at, g) FROM ends),
    (SELECT array_agg(number::int ORDER BY at, g) FROM ends)"""


def in_window(matched: str, slots: int, values: Mapping[str, str]) -> str:
    """Windows with at least `threshold` different marks, and the signals in them."""
    del slots
    return _IN_WINDOW.format(matched=matched, told=_TOLD, **values)


# The earliest signal of the first slot in the window, then the earliest of the next one after it,
# and so on: where that chain ends inside the window any chain does. rJ_K is when slot K comes in
# the earliest chain that begins with slot J after a row; later rows never have an earlier one, so
# each is a minimum that runs backwards from the newest row, and so is each step qK of a window.
_IN_ORDER = """
WITH matched AS MATERIALIZED ({matched}),
level{slots} AS (SELECT g, at, {has} FROM matched GROUP BY g, at),
{levels},
points AS (
    SELECT g, at, at - make_interval(secs => {window}) AS t, TRUE AS is_start, {nothing}
    FROM level1
    UNION ALL
    SELECT g, at, at, FALSE, at, {firsts} FROM level1 WHERE s0
),
looked AS (
    SELECT g, at, is_start, {steps} FROM points WINDOW later AS (PARTITION BY g ORDER BY t DESC)
),
ends AS MATERIALIZED (
    SELECT * FROM looked WHERE is_start AND q{last} <= at AND {slots} >= {threshold}
),
cited AS (
    SELECT DISTINCT id FROM (
        SELECT id, bool_or(id IS NULL) OVER (PARTITION BY g, at, slot) AS is_step
        FROM (SELECT id, g, at, slot FROM matched UNION ALL {chosen}) AS both_kinds
    ) AS near WHERE is_step AND id IS NOT NULL
)
{told}
"""
_STEP = "(SELECT NULL, g, q{n}, {n} FROM ends)"
_LEVEL = """level{j} AS (SELECT *, {columns} FROM level{after}
    WINDOW later AS (PARTITION BY g ORDER BY at DESC
        RANGE BETWEEN UNBOUNDED PRECEDING AND interval '1 microsecond' PRECEDING))"""


def in_order(matched: str, slots: int, values: Mapping[str, str]) -> str:
    """Windows in which all slots follow each other, and the signals that make the chains."""
    numbers, later = range(slots), range(1, slots)
    levels = [
        _LEVEL.format(j=j, after=j + 1, columns=", ".join(_columns(j, slots)))
        for j in reversed(later)
    ]
    return _IN_ORDER.format(
        matched=matched,
        slots=slots,
        last=slots - 1,
        has=", ".join(f"bool_or(slot = {n}) AS s{n}" for n in numbers),
        levels=",\n".join(levels),
        nothing=", ".join(f"NULL::timestamptz AS q{n}" for n in numbers),
        firsts=", ".join(f"r1_{n}" for n in later),
        steps=", ".join(f"min(q{n}) OVER later AS q{n}" for n in numbers),
        chosen=" UNION ALL ".join(_STEP.format(n=n) for n in numbers),
        told=_TOLD.replace("number::int", f"{slots}"),
        **values,
    )


def _columns(j: int, slots: int) -> list[str]:
    """When the slots from `j` on come, in the earliest chain that begins with `j` after a row."""
    first = f"min(at) FILTER (WHERE s{j}) OVER later AS r{j}_{j}"
    rest = (
        f"min(r{j + 1}_{k}) FILTER (WHERE s{j}) OVER later AS r{j}_{k}" for k in range(j + 1, slots)
    )
    return [first, *rest]
