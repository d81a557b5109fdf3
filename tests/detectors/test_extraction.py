"""Extraction measured: precision and recall of every type over lines labelled by hand."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from detectors.normalise import extract
from detectors.normalise.kinds import CANONICAL

FOLDER = Path(__file__).parent / "extraction"
FLOOR = 0.97
TYPES = tuple(CANONICAL)
MIN_LINES = 300
MIN_LABELS = 30
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\n")


class Line(NamedTuple):
    """One text and what a reader finds in it, as `type value`."""

    text: str
    labels: tuple[str, ...]


class Score(NamedTuple):
    """How one type does: labels in the table, precision and recall."""

    labels: int
    precision: float
    recall: float


def _lines() -> list[Line]:
    """The table: text and labels between tabs, `\\uXXXX` for what the eye cannot tell apart."""
    rows = [
        _ESCAPE.sub(_character, row).split("\t")
        for path in sorted(FOLDER.glob("*.tsv"))
        for row in path.read_text(encoding="utf-8").split("\n")
        if row and not row.startswith("%% ")
    ]
    return [Line(text, tuple(labels)) for text, *labels in rows]


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else "\n"


LINES = _lines()


def _found(text: str) -> Counter[str]:
    return Counter(f"{mention.type} {mention.value}" for mention in extract(text))


def _scores(lines: Iterable[Line]) -> dict[str, Score]:
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for line in lines:
        have, want = _found(line.text), Counter(line.labels)
        for counter, part in ((found, have), (wanted, want), (right, have & want)):
            counter.update(label.partition(" ")[0] for label in part.elements())
    return {
        kind: Score(wanted[kind], right[kind] / found[kind], right[kind] / wanted[kind])
        for kind in TYPES
    }


def _misses() -> list[str]:
    misses = []
    for line in LINES:
        have, want = _found(line.text), Counter(line.labels)
        if have != want:
            wrong, lost = sorted((have - want).elements()), sorted((want - have).elements())
            misses.append(f"{line.text!a}: wrong {wrong}, missed {lost}")
    return misses


@pytest.mark.row(9)
def test_every_type_is_found_with_precision_and_recall_of_097(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(LINES) >= MIN_LINES
    scores = _scores(LINES)
    table = [
        f"{kind:8} {s.labels:6} {s.precision:9.3f} {s.recall:6.3f}" for kind, s in scores.items()
    ]
    head = [f"\n{len(LINES)} labelled lines", f"{'type':8} labels precision recall"]
    with capsys.disabled():
        sys.stdout.write("\n".join([*head, *table, *_misses()]) + "\n")
    for kind, score in scores.items():
        assert score.labels >= MIN_LABELS, kind
        assert score.precision >= FLOOR, kind
        assert score.recall >= FLOOR, kind


def test_a_line_stands_once_in_the_table() -> None:
    assert [text for text, n in Counter(line.text for line in LINES).items() if n > 1] == []


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_what_is_found_is_a_part_of_the_text_as_written(line: Line) -> None:
    end = 0
    for mention in extract(line.text):
        assert mention.start >= end, "mentions are in order and apart"
        assert line.text[mention.start : mention.end] == mention.raw
        end = mention.end
