"""The rule page as it was filled in: blocks, Sigma text, sample, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from detectors.choices import Mode
from detectors.schema import Kind
from detectors.sigma.blocks import COUNTS, JOINS, MAX_ROWS, OPERATORS, UNITS, Blocks, Row, text_of
from detectors.sigma.checking import LEVELS
from detectors.sigma.fields import FIELDS
from detectors.sigma.params import RuleParams, compiled_rule
from detectors.sigma.reading import Fault, SigmaFaultError
from detectors.sigma.unblocking import blocks_of, rows_for

BLOCKS: Final = "blocks"
TEXT: Final = "text"
ROWS: Final = 3
THEN_ROWS: Final = 2
GROUPS: Final = 3
MAX_DIGITS: Final = 9
DAYS: Final = (1, 7, 30)
TRACES: Final = ("ip", "device", "email", "phone", "payment", "wallet", "user_agent", "ja4")
FRESH: Final = Blocks(
    title="New rule",  # a text without a title would be no rule, and have no blocks
    rows=(Row("kind", "is", "post"), Row("text", "contains", "")),
    count="value_count",
    group_by=("domain",),
)


class Choice(NamedTuple):
    """One entry of a list."""

    value: str
    words: str


@dataclass(slots=True)
class Board:
    """source: which of both, blocks or text, was written last; the other follows it.

    blocks: None while the text says more than blocks can. faults: of the text, by line.
    """

    blocks: Blocks | None = FRESH
    text: str = ""
    source: str = BLOCKS
    sentence: str = ""
    threshold: int = 0
    sample: str = ""
    days: int = 7
    line: str = ""
    name: str = ""
    mode: str = Mode.SHADOW.value
    reason: str = ""
    lost_because: str = ""
    based_on: int = 0
    extra: int = 0
    faults: list[Fault] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    params: RuleParams | None = None

    @property
    def rows(self) -> list[Row]:
        """The conditions, with empty ones to fill in."""
        known = self.blocks.rows if self.blocks else ()
        return rows_for(known, ROWS + self.extra)

    @property
    def then(self) -> list[Row]:
        """Those of the second step."""
        known = self.blocks.then if self.blocks else ()
        return rows_for(known, THEN_ROWS + self.extra)

    @property
    def groups(self) -> list[str]:
        """What signals have in common, filled up with nothing."""
        known = list(self.blocks.group_by) if self.blocks else []
        return (known + [""] * GROUPS)[:GROUPS]

    @property
    def fields(self) -> list[Choice]:
        """Fields for the list, those that the rule uses among them."""
        used = {row.field for row in (*self.rows, *self.then)} | set(self.groups)
        if self.blocks:
            used.add(self.blocks.counted)
        return choices(used - {""})

    def told(self) -> dict[str, Any]:
        """The parameters as the detector takes them."""
        return {
            "sigma": self.text,
            "sentence": self.sentence,
            "threshold": self.threshold,
        }


def opened(params: Mapping[str, Any] | None, mode: str = "", number: int = 0) -> Board:
    """The board of a rule with these parameters, or of a new one."""
    if params is None:
        return replace(Board(), text=text_of(FRESH))
    told = RuleParams.model_validate(dict(params))
    board = Board(
        blocks=blocks_of(told.sigma),
        text=told.sigma,
        source=TEXT,
        sentence=told.sentence,
        threshold=told.threshold,
        mode=mode,
        based_on=number,
    )
    return judged(board)


def posted(data: Mapping[str, str]) -> Board:
    """The board as it was sent; what follows is made anew, what is wrong is noted."""
    board = Board(
        text=data.get("sigma", "").replace("\r\n", "\n"),
        source=TEXT if data.get("source") == TEXT else BLOCKS,
        sentence=data.get("sentence", "").strip(),
        threshold=_whole(data.get("threshold", ""), 0),
        sample=data.get("sample", "").replace("\0", "\ufffd"),
        days=_whole(data.get("days", ""), 7),
        line=data.get("line", ""),
        name=data.get("name", "").strip(),
        mode=data.get("mode", Mode.SHADOW.value),
        reason=data.get("reason", "").strip(),
        lost_because=data.get("lost_because", "").strip(),
        based_on=_whole(data.get("based_on", ""), 0),
        extra=min(_whole(data.get("extra", ""), 0), MAX_ROWS),
    )
    if board.source == TEXT:
        board.blocks = blocks_of(board.text)
    else:
        notes = _notes_of(board.text)
        board.blocks = _blocks(data, notes)
        board.text = text_of(board.blocks)
    return judged(board)


def judged(board: Board) -> Board:
    """Note what is wrong with the text, or keep the parameters that it makes."""
    try:
        compiled_rule(board.text)
        board.params = RuleParams.model_validate(board.told())
    except SigmaFaultError as error:
        board.faults = error.faults
    except ValidationError as error:
        first = error.errors()[0]
        board.errors[str(first["loc"][0])] = str(first["msg"]).removeprefix("Value error, ")
    return board


def choices(used: set[str]) -> list[Choice]:
    """All fields that can be named in full, and those that are used."""
    found = {one.name: one.what for one in FIELDS.values() if not one.open}
    traces = {f"identifiers.{name}": f"{name.replace('_', ' ')} (identifiers)" for name in TRACES}
    more = {name: name for name in sorted(used) if name not in found and name not in traces}
    named = {name: f"{name}: {what}" for name, what in found.items()}
    return [Choice(value, words) for value, words in (named | traces | more).items()]


def lists() -> dict[str, Any]:
    """The lists of choices that do not depend on the rule."""
    return {
        "operators": [Choice(name, one.words) for name, one in OPERATORS.items()],
        "counts": [Choice(*one) for one in COUNTS.items()],
        "units": [Choice(*one) for one in UNITS.items()],
        "joins": [Choice(*one) for one in JOINS.items()],
        "levels": LEVELS,
        "days": DAYS,
        "kinds": [one.value for one in Kind],
        "field_help": list(FIELDS.values()),
    }


def _blocks(data: Mapping[str, str], notes: dict[str, Any]) -> Blocks:
    return Blocks(
        title=data.get("title", "").strip(),
        level=data.get("level", "medium"),
        join="any" if data.get("join") == "any" else "all",
        rows=tuple(_rows(data, "row")),
        count=data.get("count", "one"),
        then=tuple(_rows(data, "then")),
        counted=data.get("counted", "account"),
        number=_whole(data.get("number", ""), 0),
        span=_whole(data.get("span", ""), 0),
        unit=data.get("unit", "h"),
        group_by=_groups(data),
        notes=notes,
    )


def _rows(data: Mapping[str, str], stem: str) -> Iterator[Row]:
    for number in range(MAX_ROWS):
        row = Row(
            data.get(f"{stem}-field-{number}", ""),
            data.get(f"{stem}-operator-{number}", "is"),
            data.get(f"{stem}-value-{number}", ""),
        )
        if row.field:
            yield row


def _groups(data: Mapping[str, str]) -> tuple[str, ...]:
    found: Sequence[str] = [data.get(f"group-{number}", "") for number in range(GROUPS)]
    return tuple(dict.fromkeys(one for one in found if one))


def _notes_of(text: str) -> dict[str, Any]:
    """What only the text says, so that blocks do not lose it."""
    before = blocks_of(text)
    return before.notes if before else {}


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else default
