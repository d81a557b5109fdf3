"""Files into the desk: formats, order, resumption after a kill, the same validation as REST."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from abusedesk.core.errors import ConflictError
from abusedesk.core.models import AuditEntry
from detectors.engine import HEARTBEAT
from detectors.ingest.files import Reader, merged
from detectors.models import DeadLetter, ImportRun, Signal, Stream
from detectors.services import imports
from detectors.services.ingest import keep_rejected
from tests import make

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def ndjson(path: Path, items: Iterable[Any]) -> Path:
    raw = b"".join(
        (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in items
    )
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def run(*files: Path, **options: Any) -> str:
    out = StringIO()
    call_command(
        "import_signals", *map(str, files), "--no-progress", stdout=out, stderr=out, **options
    )
    return out.getvalue()


def acts() -> QuerySet[Signal]:
    """What the files held: an import ends with a heartbeat of the engine's own."""
    return Signal.objects.exclude(kind=HEARTBEAT)


def stored() -> list[tuple[str, str]]:
    return list(acts().order_by("pk").values_list("external_id", "text"))


def test_an_import_is_a_stream_of_its_own_with_rare_ticks(tmp_path: Path) -> None:
    said = run(ndjson(tmp_path / "a.ndjson", (make.item(n) for n in range(5))), source="archive")
    assert "5 items, 5 stored, 0 known already, 0 refused" in said
    one = Stream.objects.get()
    assert (one.kind, one.tick_floor_s, one.title) == ("import", 21_600, "a.ndjson")
    assert set(acts().values_list("stream", "source__slug")) == {(one.pk, "archive")}
    assert AuditEntry.objects.get().data["accepted"] == 5


def test_files_are_merged_by_time_into_one_stream(tmp_path: Path) -> None:
    first = ndjson(tmp_path / "a.ndjson.gz", (make.item(n) for n in (0, 2, 4)))
    second = ndjson(tmp_path / "b.ndjson", (make.item(n) for n in (1, 3, 5)))
    run(second, first, batch=2)
    assert [name for name, _ in stored()] == [f"s-{n}" for n in range(6)]
    assert Stream.objects.count() == 1


def test_a_finished_import_says_so_and_adds_nothing(tmp_path: Path) -> None:
    files = [ndjson(tmp_path / f"{name}.ndjson", [make.item(n)]) for n, name in enumerate("ab")]
    run(*files)
    assert "imported already: 2 items, 2 stored" in run(*reversed(files))
    assert (ImportRun.objects.count(), acts().count()) == (1, 2)


def test_a_changed_file_is_another_import_and_known_signals_stay_single(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    run(ndjson(path, [make.item(0)]))
    said = run(ndjson(path, [make.item(0), make.item(1)]))
    assert "1 stored, 1 known already" in said


def test_refused_lines_are_kept_with_their_numbers(tmp_path: Path) -> None:
    lines = [make.item(0), b"", b"{broken", make.item(3, kind="shout"), make.item(4)]
    said = run(ndjson(tmp_path / "a.ndjson", lines))
    assert "4 items, 2 stored, 0 known already, 2 refused" in said
    letters = DeadLetter.objects.order_by("position").values_list("position", "errors__0__field")
    assert list(letters) == [(3, "signal"), (4, "kind")]


def test_unsorted_lines_are_imported_and_counted(tmp_path: Path) -> None:
    said = run(ndjson(tmp_path / "a.ndjson", (make.item(n) for n in (5, 1, 2, 6))))
    assert "2 lines are older than a line above them" in said
    assert acts().count() == 4


def test_a_line_without_a_time_keeps_its_place(tmp_path: Path) -> None:
    first = ndjson(tmp_path / "a.ndjson", [make.item(0), b"{broken", make.item(4)])
    second = ndjson(tmp_path / "b.ndjson", [make.item(1), make.item(2)])
    lines = merged([Reader(first, 0), Reader(second, 1)])
    assert [(line.file, line.number) for line in lines] == [(0, 1), (0, 2), (1, 1), (1, 2), (0, 3)]


CSV = """\
external_id,platform,kind,occurred_at,actor,text,urls,objects,actor_profile.handle,\
actor_profile.followers,actor_profile.verified,ai.provider,ai.tokens_in,identifiers.ip,attributes.lang
1,x,post,2026-09-21T12:00:00Z,a1,"two
lines, one comma",https://a.example/1 https://a.example/2,hashtag:x,,,,,,,
2,openai-api,ai.request,2026-09-21T12:00:01Z,,,,,han,12,true,openai,7,2001:db8::1,en
3,x,post,2026-09-21T12:00:02Z,a1,,,,,many,,,,,
4,x,post,2026-09-21T12:00:03Z,a1,,,,,,,,,,,too much
"""


def test_csv_columns_are_fields_and_empty_cells_are_absent(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    assert "4 items, 2 stored, 0 known already, 2 refused" in run(path)
    first, second = acts().order_by("pk")
    assert first.text == "two\nlines, one comma"
    assert first.payload == {
        "urls": ["https://a.example/1", "https://a.example/2"],
        "objects": ["hashtag:x"],
    }
    assert second.payload == {
        "actor_profile": {"handle": "han", "followers": 12, "verified": True},
        "ai": {"provider": "openai", "tokens_in": 7},
        "identifiers": {"ip": "2001:db8::1"},
        "attributes": {"lang": "en"},
    }
    fields = DeadLetter.objects.order_by("position").values_list("errors__0__field", flat=True)
    assert list(fields) == ["actor_profile.followers", "column 16"]


def test_csv_bytes_that_are_no_utf8_are_refused_by_field(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    rows = b"external_id,platform,kind,occurred_at,text\n1,x,post,2026-09-21T12:00:00Z,caf\xe9\n"
    path.write_bytes(gzip.compress(rows))
    run(path)
    (error,) = DeadLetter.objects.get().errors
    assert (error["field"], error["code"]) == ("text", "encoding")


def test_a_platform_can_be_given_for_items_that_name_none(tmp_path: Path) -> None:
    bare = make.item(0)
    del bare["platform"]
    run(ndjson(tmp_path / "a.ndjson", [bare, make.item(1, platform="email")]), platform="telegram")
    assert list(acts().order_by("pk").values_list("platform", flat=True)) == [
        "telegram",
        "email",
    ]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.txt", b"", "must end with"),
        ("a.csv", b"external_id,colour\n", "colour"),
        ("a.csv", b"actor_profile.age\n", "actor_profile.age"),
        ("a.ndjson.gz", b"no gzip", "damaged"),
        ("a.ndjson.gz", gzip.compress(b'{"a":1}\n' * 9)[:-9], "damaged"),
        ("missing.ndjson", None, "no file"),
    ],
    ids=["no format", "unknown column", "unknown part", "no gzip", "gzip cut off", "no file"],
)
def test_files_that_cannot_be_read_are_refused_in_words(
    tmp_path: Path, name: str, content: bytes | None, word: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=word):
        run(tmp_path / name)


def test_a_line_that_is_too_long_does_not_fill_the_memory(tmp_path: Path) -> None:
    huge = b'{"text":"' + b"x" * (9 * 1024 * 1024) + b'"}'
    said = run(ndjson(tmp_path / "a.ndjson", [make.item(0), huge, make.item(2)]))
    assert "3 items, 2 stored, 0 known already, 1 refused" in said


def test_a_crash_between_batches_is_made_good_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items: list[Any] = [make.item(n, text=str(n)) for n in range(50)]
    items[7] = make.item(7, kind="shout")
    path = ndjson(tmp_path / "a.ndjson", items)
    calls: list[int] = []

    def dies_the_third_time(**given: Any) -> None:
        calls.append(1)
        keep_rejected(**given)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(imports, "keep_rejected", dies_the_third_time)
    with pytest.raises(CommandError, match="goes on where it stopped"):
        run(path, batch=10)
    assert ImportRun.objects.get().items == acts().count() + 1 == 20
    said = run(path, batch=10)
    assert "Going on after item 20" in said
    assert "50 items, 49 stored, 0 known already, 1 refused" in said
    assert [name for name, _ in stored()] == [f"s-{n}" for n in range(50) if n != 7]


@pytest.mark.django_db(transaction=True)
def test_kill_9_in_the_middle_and_again_gives_the_same_rows(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "a.ndjson", (make.item(n, text=f"t{n}") for n in range(20_000)))
    command = [
        sys.executable,
        "manage.py",
        "import_signals",
        str(path),
        "--batch",
        "50",
        "--no-progress",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while acts().count() < 500:
        assert time.monotonic() < end, "the import does not begin"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    begun = ImportRun.objects.get()
    assert 0 < begun.items == acts().count() < 20_000
    said = run(path)
    assert f"Going on after item {begun.items:,}" in said
    assert stored() == [(f"s-{n}", f"t{n}") for n in range(20_000)]


def test_two_processes_cannot_run_one_import(tmp_path: Path) -> None:
    path = ndjson(tmp_path / "a.ndjson", (make.item(n) for n in range(9)))
    source = make.source()
    one = imports.open_run(files=[path], source=source)
    two = imports.open_run(files=[path], source=source)
    steps = imports.import_files(run=one, files=[path], batch=3)
    next(steps)
    with pytest.raises(ConflictError):
        list(imports.import_files(run=two, files=[path], batch=3))
    list(steps)
    assert acts().count() == 9
