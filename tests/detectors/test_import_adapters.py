"""Files of other tools: `import_signals --format`, resumable, merged by time, bounded."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from time_machine import travel

from detectors.adapters.base import MAX_PART
from detectors.adapters.registry import all_adapters, get
from detectors.engine import HEARTBEAT
from detectors.ingest.files import Reader, merged
from detectors.models import DeadLetter, ImportRun, Signal
from detectors.services import imports
from detectors.services.ingest import keep_rejected
from tests.adapters.reading import SAMPLES, loaded, names, sample

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with travel(datetime(2026, 11, 1, 12, tzinfo=UTC), tick=True):
        yield


def run(*files: Path, **options: Any) -> str:
    out = StringIO()
    call_command(
        "import_signals", *map(str, files), "--no-progress", stdout=out, stderr=out, **options
    )
    return out.getvalue()


def acts() -> QuerySet[Signal]:
    return Signal.objects.exclude(kind=HEARTBEAT).order_by("pk")


def mbox(path: Path, count: int, first: int = 0) -> Path:
    """Mails of every second, each with a text of its own."""
    path.write_bytes(
        b"".join(
            b"From x\nFrom: a@b.example\nMessage-ID: <%d@b.example>\n"
            b"Date: Mon, 21 Sep 2026 12:%02d:%02d +0000\n\ntext %d\n\n"
            % (n, n // 60 % 60, n % 60, n)
            for n in range(first, first + count)
        )
    )
    return path


@pytest.mark.parametrize("slug", all_adapters())
def test_the_samples_go_in_as_files_too(slug: str) -> None:
    files = [SAMPLES / slug / name for name in names(slug)]
    said = run(*files, format=slug)
    assert f"{acts().count()} stored" in said
    assert acts().exists()
    assert "imported already" in run(*files, format=slug)


def test_files_are_merged_by_time(tmp_path: Path) -> None:
    late, early = mbox(tmp_path / "a.mbox", 3, first=10), mbox(tmp_path / "b.mbox", 3)
    run(late, early, format="eml", batch=2)
    assert [row.text for row in acts()] == [f"text {n}" for n in (0, 1, 2, 10, 11, 12)]


def test_gzip_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox.gz"
    path.write_bytes(gzip.compress(mbox(tmp_path / "plain.mbox", 3).read_bytes()))
    assert "3 items, 3 stored" in run(path, format="eml")


def test_a_crash_between_batches_is_made_good_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = mbox(tmp_path / "a.mbox", 30)
    calls: list[int] = []

    def dies_the_second_time(**given: Any) -> None:
        calls.append(1)
        keep_rejected(**given)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(imports, "keep_rejected", dies_the_second_time)
    with pytest.raises(CommandError, match="goes on where it stopped"):
        run(path, batch=10, format="eml")
    assert ImportRun.objects.get().items == acts().count() == 10
    said = run(path, batch=10, format="eml")
    assert "Going on after item 10" in said
    assert "30 items, 30 stored, 0 known already, 0 refused" in said
    assert [row.text for row in acts()] == [f"text {n}" for n in range(30)]


def test_the_same_file_in_another_format_is_another_import(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(sample("thehive", "alert.json"))
    assert "1 stored" in run(path, format="thehive")
    assert "0 stored, 0 known already, 1 refused" in run(path, format="xarf")
    assert ImportRun.objects.count() == 2


def test_an_alert_imported_again_under_another_date_is_known(tmp_path: Path) -> None:
    alert = loaded("thehive", "alert.json")
    for number, date in enumerate((1790000000000, 1790000009000)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(alert | {"date": date}))
        run(path, format="thehive")
    assert acts().count() == 1


def test_a_file_does_not_say_when_it_came(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(sample("thehive", "undated.json"))
    assert "1 refused" in run(path, format="thehive")
    letter = DeadLetter.objects.get()
    assert (letter.adapter, letter.errors[0]["field"]) == ("", "occurred_at")
    assert "a file does not say when it came" in letter.errors[0]["message"]


def test_what_became_no_signal_is_kept_with_its_number_and_adapter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(sample("phishing-csv", "phishtank.csv"))
    assert "3 items, 2 stored, 0 known already, 1 refused" in run(path, format="phishing-csv")
    letter = DeadLetter.objects.get()
    assert (letter.position, letter.adapter) == (3, "phishing-csv")
    assert b"broken.example" in bytes(letter.raw)


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("a.txt", {"format": "eml"}, r"must end with one of \.eml"),
        ("a.csv", {"format": "thehive"}, r"must end with one of \.json"),
        ("a.eml", {"format": "eml", "platform": "email"}, "an adapter says the platform"),
    ],
)
def test_a_wrong_call_is_refused_in_words(
    tmp_path: Path, name: str, options: dict[str, Any], word: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(CommandError, match=word):
        run(path, **options)


def test_an_unknown_format_is_refused_with_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"{}")
    with pytest.raises(CommandError, match=r"no format nothing.*thehive"):
        call_command("import_signals", str(path), "--format", "nothing")


def test_damaged_gzip_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.eml.gz"
    path.write_bytes(gzip.compress(sample("eml", "phish.eml"))[:-9])
    with pytest.raises(CommandError, match="damaged"):
        run(path, format="eml")


@pytest.mark.parametrize(
    ("slug", "suffix", "piece"),
    [
        ("eml", ".mbox", b"From x\nFrom: a@b.example\n\n" + b"text\n" * 2_000 + b"\n"),
        ("phishing-csv", ".csv", b"1,https://a.example/,2026-09-21T12:00:00Z\n"),
        (
            "intelmq",
            ".ndjson",
            b'{"time.source": "2026-09-21T12:00:00Z", "source.ip": "192.0.2.1"}\n',
        ),
    ],
)
def test_memory_does_not_grow_with_a_file(
    tmp_path: Path, slug: str, suffix: str, piece: bytes
) -> None:
    head = b"phish_id,url,submission_time\n" if suffix == ".csv" else b""
    path = tmp_path / f"a{suffix}"
    size = 1024 * 1024
    path.write_bytes(head + piece * (size // len(piece)))
    lines = merged([Reader(path, 0, get(slug))])
    next(lines)
    tracemalloc.start()
    try:
        for _ in lines:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size / 3


def test_a_document_that_is_too_large_is_refused_and_the_rest_of_a_line_file_is_read(
    tmp_path: Path,
) -> None:
    whole = tmp_path / "a.json"
    whole.write_bytes(b'{\n"objects": ["' + b"x" * MAX_PART + b'"]}')
    assert "1 refused" in run(whole, format="stix")
    assert DeadLetter.objects.get().truncated
    box = tmp_path / "b.mbox"
    good = mbox(tmp_path / "c.mbox", 2).read_bytes()
    box.write_bytes(b"From y\nX: y\n\n" + b"z\n" * (MAX_PART // 2) + b"\n" + good)
    assert "3 items, 2 stored, 0 known already, 1 refused" in run(box, format="eml")
