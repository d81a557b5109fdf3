"""The scoreboard: which tests prove which feature, and how they fared when they last ran."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

from abusedesk.core.features import FEATURES

MARK: Final = "pytest.mark.row"
UNPROVEN: Final = "not there yet"
FAILED, PASSED, SKIPPED, NOT_RUN = "failed", "passed", "skipped", "not run"
WORST_FIRST: Final = (FAILED, PASSED, SKIPPED, NOT_RUN)
HEAD: Final = (
    "| Row | Feature | Tests | Result | Date | Commit |\n| --- | --- | --- | --- | --- | --- |"
)


class Proof(NamedTuple):
    """A test function. path: from the root of the project, with `/`."""

    path: str
    name: str


class Run(NamedTuple):
    """How the tests of one row fared, when, and at which commit."""

    said: str
    date: str
    commit: str


def proofs_in(root: Path) -> dict[int, list[Proof]]:
    """Row -> tests of the project that bear its mark, read from the code without running it."""
    found: dict[int, list[Proof]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        for name, rows in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            for row in rows:
                found.setdefault(row, []).append(Proof(path.relative_to(root).as_posix(), name))
    return found


def outcomes_in(report: Path) -> dict[Proof, str]:
    """The worst outcome of each test, over its parameters, from a JUnit report of pytest."""
    found: dict[Proof, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 -- pytest wrote it just now
        path = case.get("classname", "").replace(".", "/") + ".py"
        proof = Proof(path, case.get("name", "").partition("[")[0])
        told = {child.tag for child in case}
        said = FAILED if told & {"failure", "error"} else SKIPPED if "skipped" in told else PASSED
        found[proof] = min(found.get(proof, NOT_RUN), said, key=WORST_FIRST.index)
    return found


def summary(proofs: Iterable[Proof], outcomes: Mapping[Proof, str]) -> str:
    """`2 passed, 1 skipped`; what failed comes first."""
    counts = Counter(outcomes.get(proof, NOT_RUN) for proof in proofs)
    return ", ".join(f"{counts[word]} {word}" for word in WORST_FIRST if counts[word])


def runs_on(page: str, proofs: Mapping[int, Sequence[Proof]]) -> dict[int, Run]:
    """Runs that an earlier page tells of, for rows that still have the same tests."""
    found = {}
    for line in page.splitlines():
        cells = line.strip("| ").split(" | ")
        match cells:
            case [row, _, tests, said, date, commit] if row.isdecimal():
                if tests == _tests(proofs.get(int(row), ())):
                    found[int(row)] = Run(said, date, commit)
    return found


def page(proofs: Mapping[int, Sequence[Proof]], runs: Mapping[int, Run]) -> str:
    """The page in Markdown."""
    total = sum(len(rows) for rows in FEATURES.values())
    intro = (
        f"{len(proofs)} of {total} features have tests of their own. This page is made by"
        " `make scoreboard` (`manage.py scoreboard`), which runs every test that bears"
        ' `@pytest.mark.row(n)`; `make scoreboard ROWS="14 16"` runs those of some rows only.'
    )
    parts = ["# Scoreboard", intro]
    for area, rows in FEATURES.items():
        lines = [_line(row, text, proofs.get(row, ()), runs.get(row)) for row, text in rows.items()]
        parts += [f"## {area}", "\n".join([HEAD, *lines])]
    return "\n\n".join(parts) + "\n"


def _marked(tree: ast.Module) -> Iterator[tuple[str, set[int]]]:
    """Test functions with their rows; what `pytestmark` says is said of each."""
    of_all: set[int] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            of_all = _rows(node.value)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, of_all.union(*map(_rows, node.decorator_list))


def _rows(node: ast.AST) -> set[int]:
    return {
        int(ast.literal_eval(call.args[0]))
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == MARK
    }


def _line(row: int, text: str, proofs: Sequence[Proof], run: Run | None) -> str:
    if not proofs:
        run = Run(UNPROVEN, "", "")
    cells = (row, text, _tests(proofs), *(run or Run(NOT_RUN, "", "")))
    return f"| {' | '.join(map(str, cells))} |"


def _tests(proofs: Sequence[Proof]) -> str:
    return "<br>".join(f"[{proof.name}](../{proof.path})" for proof in proofs)
