"""The scoreboard tells which tests prove which feature, as the marks of today say."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from abusedesk.core import scoreboard
from abusedesk.core.features import FEATURES
from abusedesk.core.scoreboard import Proof, Run

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "scoreboard.md").read_text(encoding="utf-8")
MARKED = scoreboard.proofs_in(ROOT)
ROWS = {row: text for rows in FEATURES.values() for row, text in rows.items()}
ONE, TWO = Proof("tests/test_a.py", "test_one"), Proof("tests/test_a.py", "test_two")


def test_every_feature_has_its_number_and_its_own_words() -> None:
    assert list(ROWS) == list(range(1, 111))
    assert len({text.casefold() for text in ROWS.values()}) == len(ROWS)


def test_every_mark_names_a_row_that_exists() -> None:
    assert set(MARKED) - set(ROWS) == set(), "The rows are in abusedesk/core/features.py."


def test_the_page_lists_the_tests_that_bear_each_mark_today() -> None:
    runs = scoreboard.runs_on(PAGE, MARKED)
    stale = sorted(set(MARKED) - set(runs))
    hint = f'Run `make scoreboard ROWS="{" ".join(map(str, stale))}"`; review the diff.'
    assert scoreboard.page(MARKED, runs) == PAGE, hint
    assert stale == [], hint


def test_reading_the_marks_finds_what_pytest_finds(request: pytest.FixtureRequest) -> None:
    ran = {
        (mark.args[0], Proof(Path(item.path).relative_to(ROOT).as_posix(), item.name.split("[")[0]))
        for item in request.session.items
        for mark in item.iter_markers("row")
    }
    read = {(row, proof) for row, proofs in MARKED.items() for proof in proofs}
    assert ran - read == set()


def test_marks_are_read_from_decorators_parameters_and_modules(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(
        "pytestmark = [pytest.mark.row(1)]\n"
        "@pytest.mark.row(2)\n@pytest.mark.row(3)\ndef test_one(): ...\n"
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.row(4))])\n'
        "def test_two(x): ...\n"
        "def helper(): ...\n"
    )
    found = scoreboard.proofs_in(tmp_path)
    assert found == {1: [ONE, TWO], 2: [ONE], 3: [ONE], 4: [TWO]}


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (["", ""], "passed"),
        (["", "<failure/>"], "failed"),
        (["<error/>", ""], "failed"),
        (["<skipped/>", ""], "passed"),
        (["<skipped/>", "<skipped/>"], "skipped"),
    ],
)
def test_a_test_fares_as_the_worst_of_its_parameters(
    tmp_path: Path, cases: list[str], said: str
) -> None:
    report = tmp_path / "report.xml"
    told = "".join(
        f'<testcase classname="tests.test_a" name="test_one[{number}]">{inner}</testcase>'
        for number, inner in enumerate(cases)
    )
    report.write_text(f"<testsuites><testsuite>{told}</testsuite></testsuites>")
    assert scoreboard.outcomes_in(report) == {ONE: said}


def test_what_failed_is_said_first_and_what_did_not_run_is_said() -> None:
    assert scoreboard.summary([ONE, TWO], {ONE: "passed", TWO: "failed"}) == "1 failed, 1 passed"
    assert scoreboard.summary([ONE, TWO], {ONE: "passed"}) == "1 passed, 1 not run"


def test_a_run_is_kept_as_long_as_the_row_has_the_same_tests() -> None:
    run = Run("1 passed", "2026-11-26", "abc1234")
    page = scoreboard.page({1: [ONE], 2: [TWO]}, {1: run, 2: run})
    assert "| 3 | A bad item is named, its neighbours are stored |  | not there yet |  |  |" in page
    assert scoreboard.runs_on(page, {1: [ONE], 2: [ONE, TWO]}) == {1: run}
    assert "| not run |  |  |" in scoreboard.page({2: [ONE, TWO]}, {})


def test_a_row_without_tests_cannot_be_run() -> None:
    with pytest.raises(CommandError, match="No test bears the mark"):
        call_command("scoreboard", "999")
