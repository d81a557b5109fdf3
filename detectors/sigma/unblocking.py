"""From Sigma text back to blocks, where blocks can say it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from detectors.sigma.blocks import MAX_ROWS, OPERATORS, Blocks, Row, text_of
from detectors.sigma.checking_counts import names_of
from detectors.sigma.compiling import compile_rule
from detectors.sigma.matching import as_text
from detectors.sigma.model import Base, Count, Rule
from detectors.sigma.reading import SigmaFaultError, read_documents

SHOWN: Final = frozenset(
    {"title", "name", "level", "logsource", "detection", "correlation"}
)  # in blocks; all else are notes
_BY_SHAPE: Final = {(one.modifier, one.negated, one.takes): name for name, one in OPERATORS.items()}


def blocks_of(text: str) -> Blocks | None:
    """The blocks of a text; None where blocks cannot say the same. Raises nothing."""
    try:
        rule = compile_rule(text)
        found = _blocks(text)
        if found is None:
            return None
        again = compile_rule(text_of(found))
    except SigmaFaultError:
        return None
    return found if _plain(again) == _plain(rule) else None


def _plain(rule: Rule) -> Rule:
    """Without the names of its parts, which mean nothing."""
    slots = tuple(replace(one, base=Base("", "", one.base.expr)) for one in rule.slots)
    return replace(rule, slots=slots)


def _blocks(text: str) -> Blocks | None:
    documents = [one.data for one in read_documents(text)]
    whole = next((one for one in documents if "correlation" in one), documents[0])
    told = whole.get("correlation", {})
    count = str(told.get("type", "one"))
    order = names_of(told.get("rules")) or [documents[0].get("name")]
    by_name = {one.get("name"): one for one in documents if "detection" in one}
    steps = [by_name.get(name) for name in order]
    if None in steps or len(steps) > 1 + (count == Count.ORDERED) or count == Count.TEMPORAL:
        return None
    read = [_rows(one["detection"]) for one in steps if one]
    if None in read:
        return None
    join, rows = read[0] or ("all", ())
    notes = {key: value for key, value in whole.items() if key not in SHOWN}
    found = Blocks(
        title=str(whole.get("title", "")),
        level=str(whole.get("level", "medium")),
        join=join,
        rows=rows,
        count=count,
        then=(read[1] or ("all", ()))[1] if len(read) > 1 else (),
        notes=notes,
    )
    return _counted(found, told) if told else found


def _counted(found: Blocks, told: dict[str, Any]) -> Blocks | None:
    span = re.fullmatch(r"([0-9]+)([smhd])", str(told.get("timespan")))
    condition = told.get("condition") or {}
    number = condition.get("gte") or condition.get("gt", 0) + 1
    if span is None:
        return None
    return replace(
        found,
        number=number,
        counted=str(condition.get("field", "account")),
        span=int(span[1]),
        unit=span[2],
        group_by=tuple(names_of(told.get("group-by"))),
    )


def _rows(detection: dict[str, Any]) -> tuple[str, tuple[Row, ...]] | None:
    """How the rows are joined, and the rows; None where that is more than rows."""
    words = str(detection.get("condition", "")).split()
    join = "any" if "or" in words else "all"
    if {"and", "or"} <= set(words) or any("(" in one or "*" in one for one in words):
        return None
    joint = "or" if join == "any" else "and"
    terms = " ".join(words).split(f" {joint} ")
    rows: list[Row] = []
    for term in terms:
        negated, name = term.startswith("not "), term.removeprefix("not ")
        part = detection.get(name)
        if not isinstance(part, dict) or ((negated or join == "any") and len(part) != 1):
            return None
        found = [_row(key, value, negated=negated) for key, value in part.items()]
        rows += [one for one in found if one is not None]
        if None in found:
            return None
    return (join, tuple(rows)) if len(rows) <= MAX_ROWS else None


def _row(key: str, value: Any, *, negated: bool) -> Row | None:
    name, _, modifier = key.partition("|")
    if modifier == "exists":
        return None if negated else Row(name, "there" if value else "not-there")
    many = isinstance(value, list)
    takes = "values" if many else "value"
    texts = [_read(one) for one in (value if many else [value])]
    operator = _BY_SHAPE.get((modifier, negated, takes))
    if None in texts and not many and not modifier and not negated and isinstance(value, str):
        return Row(name, "like", value)
    if operator is None or None in texts or any("," in (one or "") for one in texts if many):
        return None
    return Row(name, operator, ", ".join(one or "" for one in texts))


def _read(value: Any) -> str | None:
    """A value as it is typed into a row; None for one with wildcards, or for none."""
    if value is None:
        return None
    if not isinstance(value, str):
        return as_text(value)
    if re.search(r"(?<!\\)[*?]", value):
        return None
    return re.sub(r"\\([*?\\])", r"\1", value)


def rows_for(rows: Sequence[Row], least: int) -> list[Row]:
    """At least so many rows, one of them empty where there is room."""
    wanted = min(MAX_ROWS, max(least, len(rows) + 1))
    return [*rows, *[Row()] * max(0, wanted - len(rows))]
