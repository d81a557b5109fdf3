"""The command as a person calls it, on worlds small enough for a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import quality
from bench.evaluation import page
from bench.evaluation.score import score_world
from bench.evaluation.table import COLUMNS, tabulate

ROOT = Path(__file__).resolve().parents[2]


def test_the_quick_command_prints_one_table_and_writes_a_page(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    argv = [
        sys.executable,
        "bench/quality.py",
        "--quick",
        "--size",
        "1500",
        "--count",
        "1",
        "--json",
    ]
    done = subprocess.run(
        [*argv, "--html", str(target)], cwd=ROOT, check=True, capture_output=True, text=True,
        env={**os.environ, "ABUSEDESK_DATA_DIR": str(tmp_path)}, timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert all(line.count("|") == len(COLUMNS) + 2 for line in table)
    assert any("replay in other batches and shards | identical" in line for line in table)
    assert any("missing:" in line for line in table)
    told = json.loads(lines[-1])
    assert told["bench"] == "quality"
    assert told["metrics"]["replay_identical"] == 1
    html = target.read_text(encoding="utf-8")
    assert "Detection quality" in html
    assert "plotly" in html


def test_seeds_for_tuning_and_for_the_report_never_meet() -> None:
    assert not set(quality.TUNE) & set(quality.REPORT)
    assert (quality.TUNE[0], quality.TUNE[-1]) == (1, 20)
    assert (quality.REPORT[0], quality.REPORT[-1]) == (21, 40)


@pytest.mark.parametrize("words", [["--quick"], [], ["--seeds", "report"]])
def test_every_run_has_worlds_with_and_without_campaigns(words: list[str]) -> None:
    tasks = quality._tasks(quality._options().parse_args(words))
    kinds = {getattr(task, "args", ("",))[0] for task in tasks}
    assert {"mixed", "benign", "shock", "viral"} <= kinds


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("real", {"measure_social", "measure_comments", "measure_elsewhere"}),
        ("recompute", {"measure_rederived"}),
        ("stability", {"measure_stability"}),
        ("evasion", {"measure_evasion"}),
    ],
)
def test_one_part_runs_alone(part: str, names: set[str]) -> None:
    tasks = quality._tasks(quality._options().parse_args(["--only", part]))
    assert {getattr(task, "func", task).__name__ for task in tasks} == names


def test_one_kind_of_world_runs_alone_as_large_as_asked() -> None:
    words = ["--world", "benign", "--size", "200000", "--count", "1", "--seeds", "report"]
    tasks = quality._tasks(quality._options().parse_args(words))
    assert [getattr(task, "args", ()) for task in tasks] == [("benign", 200_000, 21)]


def test_what_takes_long_runs_only_when_it_is_asked_for() -> None:
    tasks = quality._tasks(quality._options().parse_args([]))
    names = {getattr(task, "func", task).__name__ for task in tasks}
    assert not names & {"measure_stability", "measure_evasion"}


def test_the_page_escapes_what_it_shows(tmp_path: Path) -> None:
    score = score_world("benign", 300, 1, tick_floor_s=86_400, methods=False)
    table = tabulate([score])
    table.add("<script>alert(1)</script>", "x")
    page.write_page(tmp_path / "p.html", "<b>", "about", [score], table)
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in html
    assert "&lt;b&gt;" in html
