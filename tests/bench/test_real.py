"""Loaders: labels never reach a detector, archives of either naming are read, gaps are named."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bench.evaluation import real as measured
from bench.worlds import archives, real

ROWS: list[dict[str, Any]] = [
    {"tweetid": "2", "userid": "u2", "tweet_time": "2019-05-01 10:05", "tweet_text": "two",
     "urls": "[https://a.example/1, https://a.example/2]", "hashtags": "['One', 'Two']",
     "retweet_tweetid": "77", "in_reply_to_userid": ""},
    {"tweetid": "1", "userid": "u1", "tweet_time": "2019-05-01 10:00", "tweet_text": "one",
     "urls": "", "hashtags": "[]", "retweet_tweetid": "", "in_reply_to_userid": "u9"},
    {"tweetid": "3", "userid": "", "tweet_time": "2019-05-01 10:00", "tweet_text": "nobody",
     "urls": "", "hashtags": "", "retweet_tweetid": "", "in_reply_to_userid": ""},
    {"tweetid": "4", "userid": "u1", "tweet_time": "never", "tweet_text": "no time",
     "urls": "", "hashtags": "", "retweet_tweetid": "", "in_reply_to_userid": ""},
]  # fmt: skip


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def signal(number: int, **more: Any) -> dict[str, Any]:
    base = {"external_id": f"n{number}", "platform": "youtube", "kind": "reply",
            "actor": f"u{number}",
            "occurred_at": f"2016-09-01T00:0{number}:00Z", "text": f"text {number}"}  # fmt: skip
    return {**base, **more}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ABUSEDESK_DATA_DIR", str(tmp_path))
    return tmp_path


def test_an_archive_in_csv_becomes_signals_by_time(tmp_path: Path) -> None:
    path = tmp_path / "takedown.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ROWS[0])
        writer.writeheader()
        writer.writerows(ROWS)
    archive = archives.load(path)
    assert archive.refused == 2
    one, two = archive.world.signals
    assert (one.kind, one.text, one.objects) == ("reply", "one", ("reply-to:u9",))
    assert (two.kind, two.raw_urls) == ("repost", ("https://a.example/1", "https://a.example/2"))
    assert two.objects == ("hashtag:one", "hashtag:two", "repost:77")
    assert archive.world.truth.operations[0].accounts == {"x:u1", "x:u2"}


def test_an_archive_with_controls_keeps_them_out_of_the_operation(tmp_path: Path) -> None:
    rows = [
        {"postid": 1, "accountid": "a", "post_time": 1_556_704_800_000, "post_text": "x",
         "hashtags": ["T"], "is_control": False},
        {"postid": 2, "accountid": "b", "post_time": "2019-05-01T10:01:00.000Z", "post_text": "y",
         "hashtags": "T,U", "is_control": True},
    ]  # fmt: skip
    archive = archives.load(write(tmp_path / "archive.jsonl.gz", rows))
    assert [one.objects for one in archive.world.signals] == [
        ("hashtag:t",),
        ("hashtag:t", "hashtag:u"),
    ]
    (operation,) = archive.world.truth.operations
    assert operation.accounts == {"x:a"}
    assert operation.positions.tolist() == [0]
    assert not any(one.attributes for one in archive.world.signals)


def test_an_archive_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive.parquet"
    path.write_text("PAR1", encoding="utf-8")
    with pytest.raises(ValueError, match="neither CSV nor JSON lines"):
        archives.load(path)


@pytest.mark.parametrize("value", ["[1, 2", "['a', ", "[__import__('os')]", "[" * 500])
def test_a_hostile_list_is_read_as_names_or_not_at_all(tmp_path: Path, value: str) -> None:
    row = {"postid": 1, "accountid": "a", "post_time": "1556704800", "hashtags": value}
    (one,) = archives.load(write(tmp_path / "a.ndjson.gz", [row])).world.signals
    assert all(name.startswith("hashtag:") for name in one.objects)


def test_operation_and_harmless_rows_are_mixed_without_their_labels(folder: Path) -> None:
    bad = [signal(n, platform="twitter", attributes={"label": "io", "region": "x"}) for n in (1, 4)]
    write(folder / real.IO_ACCOUNTS, bad)
    write(folder / real.BENIGN_SOCIAL, [signal(n, attributes={"community": "c"}) for n in (2, 3)])
    loaded = real.social()
    assert [one.text[-1] for one in loaded.world.signals] == ["1", "2", "3", "4"]
    assert [one.attributes for one in loaded.world.signals] == [{}] * 4
    assert loaded.world.truth.operations[0].positions.tolist() == [0, 3]


def test_rows_without_a_time_are_counted_not_guessed(folder: Path) -> None:
    undated = signal(2)
    del undated["occurred_at"]
    write(folder / real.COMMENTS, [signal(1, attributes={"label": "spam"}), undated, signal(3)])
    loaded = real.comments()
    assert (loaded.undated, len(loaded.world.signals), loaded.spam) == (1, 2, frozenset({1}))


def test_recall_of_spam_is_told_beside_the_harm_to_ham(folder: Path) -> None:
    ring = "check out my channel and subscribe now for free money every single day"
    rows = [signal(n, text=f"{ring} {'!' * n}", attributes={"label": "spam"}) for n in range(1, 6)]
    rows += [signal(n, text=f"i like part {n} of this song") for n in range(6, 10)]
    write(folder / real.COMMENTS, rows)
    told, as_set, held_out = measured.measure_comments()
    assert told.value.startswith("100.0% of 5; ham 0.00%, within 1%")
    assert as_set.value == "1 of 1; 5 spam comments cited; ham 0.00%, within 1%"
    assert held_out.metrics == {"comments_rings_held_out": 1.0}


def test_missing_data_is_named(folder: Path) -> None:
    told = [*measured.measure_comments(), *measured.measure_social(), *measured.measure_elsewhere()]
    told += measured.measure_archive(folder / "none.csv")
    assert [row.value.split(":")[0] for row in told] == ["missing"] * 5
    assert all(str(folder) in row.value for row in told)


def test_recall_is_told_by_what_the_data_say_of_each_account(folder: Path) -> None:
    rows = [
        signal(n, platform="twitter", actor=f"u{n % 3}", attributes={"language": tongue})
        for n, tongue in enumerate(["English", "English", "", "Russian", "English", ""])
    ]
    write(folder / real.IO_ACCOUNTS, rows)
    write(folder / real.BENIGN_SOCIAL, [signal(7, actor="h")])
    loaded = real.social()
    assert loaded.categories["language"] == {
        "twitter:u0": "English", "twitter:u1": "English", "twitter:u2": real.UNTOLD,
    }  # fmt: skip
    told = {row.measure: row for row in measured.measure_social()}
    assert told[f"{measured.SOCIAL}: gate of a release"].value.startswith("FAILED: 130")
    recall = told[f"{measured.SOCIAL}: recall by language"].value
    assert recall == "English 0/2 (0.000), not stated 0/1 (0.000)"
    flagged = told[f"{measured.SOCIAL}: harmless accounts flagged, by platform"].value
    assert flagged == "youtube 0/1 (0.000)"


def test_named_accounts_are_divided_by_kind_and_by_what_named_them(folder: Path) -> None:
    ring = "the same long sentence that six accounts have posted word for word today"
    device = {"identifiers": {"device": "hmac:device-0001-abcdef"}}
    write(folder / real.IO_ACCOUNTS, [
        signal(n, platform="twitter", text=ring, attributes={"language": "English"}, **device)
        for n in range(1, 7)
    ])  # fmt: skip
    write(folder / real.BENIGN_SOCIAL, [signal(8, text="something else altogether")])
    told = {row.measure: row for row in measured.measure_social()}
    whole = told[f"{measured.SOCIAL}: accounts in opened cases"]
    assert whole.value.startswith("6 of 6; harmless 0 of 1; 1 cases")
    assert whole.metrics == {
        "social_precision": 1.0, "social_recall": 1.0, "social_harmless_named": 0,
    }  # fmt: skip
    by = told[f"{measured.SOCIAL}: named by a finding, operation + harmless"].value
    assert by == "near-duplicate-text 6 + 0, reworded-text 6 + 0, shared-infrastructure 6 + 0"
