"""The measure on labelled links: its split, its limits and its fit, on invented links."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench import urls
from bench.urls import Scores

FALSE = [f"https://paypal-login{n}.example/" for n in range(20)]
TENANTS = [f"https://netflix{n}.pages.dev/verify" for n in range(60)]
HONEST = [f"https://harbour{chr(97 + n)}.example/2013/05/bridge" for n in range(26)]


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Half of the phishing before the split; one domain stands on both sides of it."""
    rows = [("2025-01-01T00:00:00Z", url, "phish", "x") for url in FALSE[:10]]
    rows += [("2025-09-01T00:00:00Z", url, "phish", "x") for url in FALSE[9:] + TENANTS]
    rows += [("2013-01-01T00:00:00Z", url, "benign", "y") for url in HONEST]
    rows += [("2013-01-01T00:00:00Z", "javascript:void(0)", "benign", "y")]
    path = tmp_path / urls.FILE
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("first_seen", "url", "label", "source"))
        writer.writerows(rows)
    return path


def test_phishing_is_split_by_time_and_honest_domains_by_half(labelled: Path) -> None:
    links = list(urls.read(labelled))
    assert sum(link.trains for link in links if link.is_phishing) == 10
    honest = [link for link in links if not link.is_phishing]
    assert len(honest) == len(HONEST)
    assert 0 < sum(link.trains for link in honest) < len(HONEST)


def test_a_phishing_domain_that_trained_is_not_reported(labelled: Path) -> None:
    told = urls.measure(labelled)
    assert told["phishing links"] == 10 + len(TENANTS)
    assert urls.measure(labelled, trains=True)["phishing links"] == 10


def test_what_is_plain_is_found_and_each_host_with_many_links_has_a_line(labelled: Path) -> None:
    told: dict[str, Any] = urls.measure(labelled)
    assert told["recall at 1.0% false positives"] == 1.0
    assert told["rule: recall"] == 1.0
    assert told["rule: false positives"] == 0.0
    assert told["at 1 % overall, pages.dev"] == "recall 1.000 of 60; found 0 of 0 honest"


def test_the_limit_is_the_score_that_the_rate_of_honest_links_exceeds() -> None:
    honest = np.arange(200, dtype=np.float64)
    assert urls.limit_at(honest, 0.01) == 197.0
    assert np.mean(honest > urls.limit_at(honest, 0.01)) == 0.01
    assert urls.limit_at(honest, 0.001) == 199.0
    assert urls.limit_at(np.array([]), 0.01) == 0.0


def test_links_with_equal_scores_are_never_told_apart() -> None:
    honest = np.array([0.0] * 90 + [5.0] * 10)
    assert urls.recall_at(Scores(np.array([5.0, 6.0]), honest), 0.01) == 0.5
    assert urls.recall_at(Scores(np.array([5.0, 6.0]), honest), 0.1) == 1.0


def test_the_fit_prints_a_table_without_negative_weights(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ABUSEDESK_DATA_DIR", str(labelled.parent))
    monkeypatch.setattr("sys.argv", ["urls", "--fit"])
    urls.main()
    table = capsys.readouterr().out
    assert table.startswith("FITTED: Final")
    assert '"named-name": (' in table
    assert "(-" not in table


def test_missing_data_is_said_and_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ABUSEDESK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["urls"])
    urls.main()
    assert "is missing; ABUSEDESK_DATA_DIR says where it lies" in capsys.readouterr().out
