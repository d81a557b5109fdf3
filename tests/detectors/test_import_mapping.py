"""Files by a saved mapping: `import_signals --format map:NAME`."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from detectors.engine import HEARTBEAT
from detectors.models import DeadLetter, ImportRun, Signal
from detectors.services.mapping import save_mapping
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.row(7)]
FIELDS: dict[str, Any] = {
    "external_id": "$.id",
    "platform": {"const": "acme-shop"},
    "kind": {"const": "post"},
    "occurred_at": {"path": "$.ts", "steps": ["time:epoch-s"]},
    "text": "$.body",
}


def saved(reason: str = "first", **spec: Any) -> None:
    save_mapping(actor=cast.admin(), slug="acme", spec={"fields": FIELDS, **spec}, reason=reason)


def run(path: Path, format: str = "map:acme") -> str:
    out = StringIO()
    options: dict[str, Any] = {"format": format, "stdout": out, "stderr": out}
    call_command("import_signals", str(path), "--no-progress", **options)
    return out.getvalue()


def acts() -> QuerySet[Signal]:
    return Signal.objects.exclude(kind=HEARTBEAT).order_by("pk")


def lines(path: Path) -> Path:
    rows = [{"id": n, "ts": 1790000000 + n, "body": f"text {n}"} for n in range(20)]
    rows[7]["ts"] = "soon"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_a_file_is_imported_by_a_mapping_and_its_refusals_remember_the_version(
    tmp_path: Path,
) -> None:
    saved()
    path = lines(tmp_path / "posts.ndjson")
    assert "20 items, 19 stored, 0 known already, 1 refused" in run(path)
    assert acts().count() == 19
    assert DeadLetter.objects.get().adapter == "map:acme@1"
    assert "imported already" in run(path)


def test_another_version_is_another_import_of_the_same_signals(tmp_path: Path) -> None:
    saved()
    path = lines(tmp_path / "posts.ndjson")
    run(path)
    saved("again", items="$")
    assert "19 known already" in run(path)
    assert "imported already" in run(path, "map:acme@1")
    assert ImportRun.objects.count() == 2


def test_csv_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    saved(format="csv", delimiter=";")
    path = tmp_path / "posts.csv"
    path.write_text("id;ts;body;more\n1;1790000000;hello;x\n", encoding="utf-8")
    assert "1 stored" in run(path)
    assert acts().get().payload["attributes"] == {"acme": {"more": "x"}}
    with pytest.raises(CommandError, match=r"must end with one of \.csv"):
        run(lines(tmp_path / "posts.ndjson"))


@pytest.mark.parametrize(
    ("format", "said"),
    [("map:nope", "There is no mapping 'nope'"), ("nope", "There is no format nope")],
)
def test_a_format_that_is_none_is_refused_in_words(format: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=said):
        run(lines(tmp_path / "posts.ndjson"), format)
