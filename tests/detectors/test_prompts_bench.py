"""The bench of prompt templates keeps labels from the detector and counts pairs honestly."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench import prompts
from bench.prompts import Truth, load, measure, truth_of
from tests.asking import unlike


def line(text: str, community: int | None = None, label: str = "jailbreak", **more: Any) -> str:
    told = {"label": label} | ({} if community is None else {"community": community})
    row = {"platform": "reddit", "kind": "ai.request", "text": text, "attributes": told, **more}
    return json.dumps(row)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two wordings of one prompt, an unlike one of their community, another and a benign one."""
    rows = [
        line(unlike(1), 0, occurred_at="2023-04-05T11:02:31Z"),
        line(f"{unlike(1)} please", 0),
        line(unlike(2), 0),
        line(unlike(3), 7),
        line(unlike(4), label="benign"),
        line(unlike(5)),
    ]
    place = tmp_path / prompts.PROMPTS
    with gzip.open(place, "wt", encoding="utf-8") as stream:
        stream.write("\n".join(rows))
    return place


def test_labels_never_reach_a_signal(path: Path) -> None:
    found = load(path)
    assert all(one.attributes == {} for one in found.signals)
    assert found.communities == ["0", "0", "0", "7", "", ""]
    assert found.benign == [False, False, False, False, True, False]


def test_prompts_without_a_time_are_counted_and_stand_in_order_of_line(path: Path) -> None:
    found = load(path)
    assert found.untimed == 5
    assert [one.at for one in found.signals[1:]] == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert found.signals[0].at == 1_680_692_551.0


def test_only_pairs_that_somebody_judged_count(path: Path) -> None:
    truth = truth_of(load(path))
    assert truth.same == {(0, 1), (0, 2), (1, 2)}
    assert truth.different == {(0, 3), (1, 3), (2, 3), (0, 4), (1, 4), (2, 4), (3, 4), (4, 5)}


def test_recall_and_precision_follow_from_the_pairs() -> None:
    truth = Truth(frozenset({(0, 1), (0, 2)}), frozenset({(0, 3)}))
    assert truth.score({(0, 1), (0, 3), (8, 9)}) == (0.5, 0.5)
    assert truth.score(set()) == (0.0, 1.0)
    assert Truth(frozenset(), frozenset()).score({(0, 1)}) == (0.0, 1.0)


def test_each_community_is_in_one_half_and_prompts_of_none_are_in_both(path: Path) -> None:
    prompts_, truth = load(path), truth_of(load(path))
    tune, report = (truth.half(prompts_.communities, tunes=one) for one in (True, False))
    assert tune.same | report.same == truth.same
    assert not tune.same & report.same
    assert (4, 5) in tune.different & report.different


def test_two_wordings_of_one_prompt_are_brought_together(path: Path) -> None:
    told = measure(path)
    assert told["pairs_of_one_community"] == 3
    assert told["chains_0.7_recall"] == told["companies_0.7_recall"] == round(1 / 3, 4)
    assert told["default_recall"] == round(1 / 3, 4)
    halves = [told[f"default_{one}_half_recall"] for one in ("tune", "report")]
    assert sorted(halves) == [0.0, round(1 / 3, 4)]
    assert told["best_precision"] == 1.0


def test_a_missing_file_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ABUSEDESK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["prompts.py", "--json"])
    prompts.main()
    assert "is missing, so nothing was measured" in capsys.readouterr().out
