"""What a mapping makes of its sample: a tree of values, signals as they would be stored, errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
from django.conf import settings
from django.utils.safestring import SafeString

from abusedesk.core import clock, text
from detectors import normalise
from detectors.adapters.base import Refusal, UnfitError
from detectors.base import Signal
from detectors.entities import Mentioned, mentioned
from detectors.ingest import Fault, Window
from detectors.ingest.foreign import judged
from detectors.mapping.apply import Problem
from detectors.mapping.guess import guessed
from detectors.mapping.plan import Plan, plan_of
from detectors.mapping.reader import MappedAdapter, Piece
from detectors.mapping.sample import Choice, Node, choices_of, lists_of, nodes_of, pieces_of
from detectors.mapping.spec import CSV
from detectors.normalise.forms import Former
from detectors.schema import SignalIn
from detectors.selectors.entity_type import forms_by_slug
from detectors.ui.playground import Board, Row, fill, spec_of

SHOWN_ITEMS: Final = 5
SHOWN_NODES: Final = 250
SHOWN_SIGNALS: Final = 20
SHOWN_ENTITIES: Final = 30
VALUE: Final = 400
EXAMPLE: Final = 60
MAX_INDENT: Final = 8
UNNAMED: Final = "mapping"


@dataclass(frozen=True, slots=True)
class Line:
    """One value in the tree. indent: a class of the style sheet."""

    node: Node
    indent: int
    shown: SafeString | None


@dataclass(frozen=True, slots=True)
class Made:
    """One signal as it would be stored, or why there is none (`reasons`)."""

    place: str
    signal: SignalIn | None = None
    shown: SafeString | None = None
    entities: list[Mentioned] = field(default_factory=list)
    raw: str = ""
    reasons: list[str] = field(default_factory=list)


class About(NamedTuple):
    """What signals are judged and linked by."""

    window: Window
    forms: Mapping[str, Former]


@dataclass(slots=True)
class Preview:
    """Everything that the page shows beside the form."""

    trees: list[tuple[str, list[Line]]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    total: int = 0
    stored: int = 0
    is_guess: bool = False


def previewed(board: Board) -> Preview:
    """Read the sample by the form; a blank form is filled with guesses first."""
    preview = Preview()
    if not board.sample.strip():
        _take_faults(board, plan_of(spec_of(board), board.slug or UNNAMED))
        return preview
    preview.lists = lists_of(board.sample)
    if board.is_blank:
        _guess(board, preview)
    plan = plan_of(spec_of(board), board.slug or UNNAMED)
    _take_faults(board, plan)
    pieces = pieces_of(plan, board.sample)
    items = [one.item for one in pieces if isinstance(one, Piece)]
    preview.choices = [(one.path, _example(one)) for one in choices_of(items)]
    preview.trees = [
        (one.root, _tree(one.item)) for one in pieces[:SHOWN_ITEMS] if isinstance(one, Piece)
    ]
    _run(board, plan, pieces, preview)
    return preview


def sendable(board: Board) -> str:
    """The Content-Type that the sample is sent under."""
    return "text/csv" if spec_of(board).format == CSV else "application/json"


def _guess(board: Board, preview: Preview) -> None:
    """Where the items sit, then what their fields are."""
    if board.items == "$" and preview.lists:
        board.items = preview.lists[0]
    plan = plan_of(spec_of(board), UNNAMED)
    items = [one.item for one in pieces_of(plan, board.sample) if isinstance(one, Piece)]
    if guesses := guessed(choices_of(items)):
        fill(board, guesses)
        preview.is_guess = True


def _take_faults(board: Board, plan: Plan) -> None:
    rows = {row.field: row for row in board.rows}
    for place, message in plan.faults.items():
        name = place.removeprefix("fields.")
        row = rows.get(name) or rows.get(name.rpartition(".")[0])
        if row is not None:
            row.errors.append(message)
        else:
            board.errors[place] = message


def _run(board: Board, plan: Plan, pieces: list[Piece | Refusal], preview: Preview) -> None:
    adapter = MappedAdapter(plan, board.slug or UNNAMED)
    about = About(Window.at(clock.now(), oldest=settings.OLDEST_SIGNAL), forms_by_slug())
    for piece in pieces:
        preview.total += 1
        if isinstance(piece, Refusal):
            made = Made(piece.place, reasons=[f"{piece.place} {piece.sentence}."])
        else:
            made = _made(board, adapter, piece, about)
        preview.stored += made.signal is not None
        if len(preview.made) < SHOWN_SIGNALS:
            preview.made.append(made)


def _made(board: Board, adapter: MappedAdapter, piece: Piece, about: About) -> Made:
    """The first signal of an item, with the problems at the rows that they belong to."""
    problems = _problems(adapter, piece)
    for one in problems:
        _blame(board.rows, one.field, f"{one.place} {one.sentence}.")
    if problems:
        return Made(piece.root, reasons=[f"{one.place} {one.sentence}." for one in problems])
    outcome = next(adapter.outcomes(piece, piece.around))
    refusal = outcome if isinstance(outcome, Refusal) else None
    raw = outcome.raw if isinstance(outcome, Refusal) else msgspec.json.encode(outcome.fields)
    found = judged(raw, refusal, adapter, about.window, 0)
    if not isinstance(found, SignalIn):
        _blame_faults(board.rows, found.faults)
        return Made(piece.root, reasons=[one.message for one in found.faults])
    return Made(
        piece.root,
        signal=found,
        shown=marked(found.text, text.GRAPHEMES),
        entities=mentioned(Signal.of(found, 0), about.forms)[:SHOWN_ENTITIES],
        raw=text.defang(json.dumps(msgspec.to_builtins(found), indent=2, ensure_ascii=True)),
    )


def _problems(adapter: MappedAdapter, piece: Piece) -> list[Problem]:
    """All of an item, where a refusal names the first."""
    try:
        return adapter.apply(piece).problems
    except UnfitError as error:
        return [Problem("", error.place, error.code, error.sentence)]


def _blame_faults(rows: Iterable[Row], faults: Iterable[Fault]) -> None:
    for fault in faults:
        parts = fault.field.split(".")
        for size in range(len(parts), 0, -1):
            if _blame(rows, ".".join(parts[:size]), fault.message):
                break


def _blame(rows: Iterable[Row], name: str, message: str) -> bool:
    row = next((one for one in rows if one.field == name), None)
    if row is not None:
        row.errors.append(message)
    return row is not None


def marked(value: str, limit: int) -> SafeString:
    """Text with the entities in it marked."""
    found = normalise.extract(value[: 2 * limit])
    return text.marked_view(value, ((one.start, one.end, one.type) for one in found), limit)


def _tree(item: Any) -> list[Line]:
    return [
        Line(
            node,
            min(node.depth, MAX_INDENT),
            None if node.value is None else marked(node.value, VALUE),
        )
        for node in nodes_of(item, SHOWN_NODES)
    ]


def _example(choice: Choice) -> str:
    """The first value of a path, for the list of proposals; browsers show it as plain text."""
    value = choice.examples[0]
    shown = value if isinstance(value, str) else json.dumps(value)
    return text.visible(shown[:EXAMPLE])
