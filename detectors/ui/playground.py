"""What the mapping playground is filled with: the form as people wrote it, rows of fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detectors.mapping.sample import format_of
from detectors.mapping.spec import Delimiter, Format, Source, Spec, read_spec
from detectors.mapping.targets import FIXED
from detectors.models import SavedMapping

MAX_ROWS: Final = 120
MAX_ERRORS: Final = 3
SPARE: Final = 3
AUTO: Final = "auto"
SHAPES: Final[Mapping[str, tuple[Format, Delimiter]]] = {
    "json": ("json", ","),
    "comma": ("csv", ","),
    "semicolon": ("csv", ";"),
    "tab": ("csv", "\t"),
    "pipe": ("csv", "|"),
}
SHAPE_WORDS: Final[Mapping[str, str]] = {
    AUTO: "by the looks of the sample",
    "json": "JSON or NDJSON",
    "comma": "CSV, commas",
    "semicolon": "CSV, semicolons",
    "tab": "CSV, tabs",
    "pipe": "CSV, bars",
}
LISTS: Final = ("objects", "fingerprints")
MAIN: Final = tuple(name for name in FIXED if "." not in name and name not in LISTS)
GROUPS: Final = (
    ("main", "Signal", MAIN),
    (
        "profile",
        "Account (actor_profile)",
        tuple(name for name in FIXED if name.startswith("actor_profile.")),
    ),
    ("ai", "AI service (ai)", tuple(name for name in FIXED if name.startswith("ai."))),
    ("lists", "Lists", LISTS),
)
FREE: Final = ("own", "Objects, identifiers, attributes")
SUGGESTED: Final = (
    *(f"objects.{name}" for name in ("hashtag", "target", "account", "media", "prompt")),
    *(f"identifiers.{name}" for name in ("ip", "email", "phone", "device", "payment", "wallet")),
)


@dataclass(slots=True)
class Row:
    """One field and where it comes from, as written.

    faults: why the row cannot be read; errors: what is wrong with what it says.
    """

    index: int
    field: str
    path: str = ""
    const: str = ""
    steps: str = ""
    table: str = ""
    note: str = ""
    required: bool = False
    free: bool = False
    faults: list[str] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_set(self) -> bool:
        """Whether it says where the field comes from."""
        return bool(self.path or self.const)

    @property
    def label(self) -> str:
        """Its name under the heading of its group."""
        return self.field.rpartition(".")[2]

    @property
    def complaints(self) -> list[str]:
        """All that is wrong, as much as people read."""
        return list(dict.fromkeys([*self.faults, *self.errors]))[:MAX_ERRORS]


@dataclass(slots=True)
class Group:
    """Rows under one heading."""

    slug: str
    title: str
    rows: list[Row]

    @property
    def is_open(self) -> bool:
        """Whether there is something in it to see."""
        return self.slug in {"main", "own"} or any(row.is_set for row in self.rows)


@dataclass(slots=True)
class Board:
    """The whole form.

    based_on: the version that it was opened with, 0 for none; sent: how many rows a browser has.
    """

    slug: str = ""
    sample: str = ""
    shape: str = AUTO
    items: str = "$"
    rows: list[Row] = dataclasses.field(default_factory=list)
    reason: str = ""
    based_on: int = 0
    sent: int = 0
    errors: dict[str, str] = dataclasses.field(default_factory=dict)
    """What is wrong besides the rows, by the name of the input."""

    @property
    def items_error(self) -> str:
        """What is wrong with `items`; a template takes `errors.items` for the method."""
        return self.errors.get("items", "")

    @property
    def is_broken(self) -> bool:
        """Whether a row cannot be read."""
        return any(row.faults for row in self.rows)

    @property
    def is_blank(self) -> bool:
        """Whether no row says anything yet."""
        return not any(row.is_set for row in self.rows)

    @property
    def sent_rows(self) -> list[Row]:
        """Rows that stand in the page which sent the form."""
        return self.rows[: self.sent]

    @property
    def groups(self) -> list[Group]:
        """Rows by heading; those with names of their own stand after the main ones."""
        fixed = {row.field: row for row in self.rows if not row.free}
        groups = [
            Group(slug, title, [fixed[one] for one in names]) for slug, title, names in GROUPS
        ]
        groups.insert(1, Group(*FREE, [row for row in self.rows if row.free]))
        return groups


def opened(saved: SavedMapping | None) -> Board:
    """The form of a saved version, or an empty one."""
    if saved is None:
        return Board(rows=rows_of({}))
    spec = read_spec(saved.spec)
    return Board(
        slug=saved.slug,
        sample=saved.sample,
        shape=shape_of(spec),
        items=spec.items,
        rows=rows_of(spec.fields),
        based_on=saved.number,
    )


def posted(form: Mapping[str, Any], slug: str = "") -> Board:
    """The form as it was sent. slug: of a mapping whose name is settled."""
    written: dict[str, Row] = {}
    rows: list[Row] = []
    for index in range(MAX_ROWS):
        name = form.get(f"field-{index}")
        if name is None:
            break
        row = _posted_row(form, index, str(name).strip())
        if row.field in written and row.field:
            row.faults.append(f"{row.field} stands twice; give one of them another type.")
        written[row.field] = row
        rows.append(row)
    base = str(form.get("based_on", ""))
    return Board(
        slug=slug or str(form.get("slug", "")).strip(),
        sample=str(form.get("sample", "")).replace("\r\n", "\n"),
        shape=str(form.get("shape", AUTO)) if form.get("shape") in SHAPES else AUTO,
        items=str(form.get("items", "")).strip() or "$",
        rows=_complete(rows),
        reason=str(form.get("reason", "")).strip(),
        sent=len(rows),
        based_on=int(base) if base.isdecimal() and len(base) < len("10000000") else 0,
    )


def spec_of(board: Board) -> Spec:
    """The mapping that the form says; what cannot be read is an error of its row."""
    format, delimiter = SHAPES.get(board.shape) or format_of(board.sample)
    fields: dict[str, Source] = {}
    for row in board.rows:
        if row.is_set and row.field:
            fields[row.field] = Source(
                path=row.path,
                const=row.const,
                steps=tuple(one.strip() for one in row.steps.split(";") if one.strip()),
                table=_table(row),
            )
        elif row.is_set:
            row.faults.append("Say which field this is: objects.<type>, identifiers.<type>, ...")
    return Spec(format=format, delimiter=delimiter, items=board.items, fields=fields)


def fill(board: Board, guesses: Mapping[str, Source]) -> None:
    """Write guesses into a blank form."""
    board.rows = rows_of(guesses)


def rows_of(sources: Mapping[str, Source]) -> list[Row]:
    """A row for every field of the contract, for what has a name of its own, and spare ones."""
    rows = [Row(0, name) for name in FIXED]
    rows += [Row(0, name) for name in sources if name not in FIXED]
    for row in rows:
        source = sources.get(row.field, Source())
        row.path, row.const, row.steps = source.path, source.const, "; ".join(source.steps)
        row.table = "\n".join(f"{word} = {value}" for word, value in source.table.items())
    return _complete(rows)


def shape_of(spec: Spec) -> str:
    """The shape that a spec reads."""
    if spec.format == "json":
        return "json"
    return next(name for name, one in SHAPES.items() if one == (spec.format, spec.delimiter))


def _posted_row(form: Mapping[str, Any], index: int, name: str) -> Row:
    def said(part: str) -> str:
        return str(form.get(f"{part}-{index}", "")).strip()

    table = said("table").replace("\r\n", "\n")
    return Row(
        index, name, said("path"), said("const"), said("steps"), table, free=name not in FIXED
    )


def _complete(rows: list[Row]) -> list[Row]:
    """With every fixed field and a few spare rows; what is there keeps its place."""
    known = {row.field for row in rows}
    blank = sum(not row.field and not row.is_set for row in rows)
    done = rows + [Row(0, name) for name in FIXED if name not in known]
    done += [Row(0, "") for _ in range(SPARE - blank)]
    for index, row in enumerate(done):
        row.index, row.free = index, row.field not in FIXED
        if not row.free:
            row.note, row.required = FIXED[row.field].note, FIXED[row.field].required
    return done


def _table(row: Row) -> dict[str, str]:
    """Lines of `word = value`; the last sign of a line divides it."""
    table: dict[str, str] = {}
    for line in filter(str.strip, row.table.split("\n")):
        word, sign, value = line.rpartition("=")
        if not sign or not word.strip():
            row.faults.append(f"A line of the table is word = value; this is not: {line[:60]}")
        else:
            table[word.strip()] = value.strip()
    return table
