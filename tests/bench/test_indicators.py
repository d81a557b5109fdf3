"""Published indicators are read row by row; where the data is not, the bench says so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench import indicators
from bench.worlds.baselines import data_dir

FOLDER = data_dir() / indicators.FOLDER


def test_every_row_of_every_file_is_counted_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Indicator\nevil[.]example\n3 Pages\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("Tactic,Indicator\n0 Acquiring assets,\n", encoding="utf-8")
    (tmp_path / "The_Killchain.csv").write_text("Tactic,Technique\na,b\n", encoding="utf-8")
    found = indicators.measure(tmp_path)
    assert (found.files, found.rows, found.domains) == (2, 3, 1)
    assert found.forms == {"domain": 1, "count": 1, "empty": 1}
    assert found.phases == {"blank": 2, "exact": 1}


def test_a_class_that_is_far_off_is_named() -> None:
    forms = Counter(indicators.REFERENCE)
    assert indicators.Reading(forms=forms).off() == {}
    forms["hash"] += 3
    assert indicators.Reading(forms=forms).off() == {"hash": 3}


def test_missing_data_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABUSEDESK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["indicators"])
    indicators.main()
    assert "is missing, so nothing was read" in capsys.readouterr().out


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published indicators are not at {FOLDER}")
def test_published_files_are_read_as_a_reference_counts_them() -> None:
    found = indicators.measure(FOLDER)
    assert (found.files, found.rows) == (62, 11_300)
    assert found.off() == {}
    assert found.phases["unmatched"] <= 4
