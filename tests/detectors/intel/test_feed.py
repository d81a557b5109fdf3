"""A folder with a MISP feed becomes imports, each event once."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from abusedesk.core.ids import new_uuid
from detectors.intel.misp.feed import files_of
from detectors.intel.misp.writing import Said, event_of
from detectors.models import IndicatorBatch, WatchItem
from tests import cast
from tests.detectors.intel.test_misp import THINGS, _event

pytestmark = pytest.mark.django_db


def _feed(folder: Path, *things: tuple[str, str]) -> None:
    said = tuple(Said(str(new_uuid()), *thing) for thing in things)
    for name, content in files_of([event_of(_event(said))]).items():
        (folder / name).write_bytes(content)


def _run(folder: Path, *more: str) -> str:
    out = StringIO()
    user = cast.admin().username
    call_command(
        "import_misp_feed", str(folder), "--source", "circl", "--user", user, *more, stdout=out
    )
    return out.getvalue()


@pytest.mark.row(60)
def test_a_feed_of_the_desk_is_read_back_whole(tmp_path: Path) -> None:
    _feed(tmp_path, *THINGS)
    assert "known" not in _run(tmp_path, "--accept", "--trust", "0.9")
    items = WatchItem.objects.all()
    # the link of a profile is none of these, so each thing is one assertion
    assert {(one.type, one.value) for one in items} == set(THINGS)
    assert {(one.source, one.trust) for one in items} == {("circl", 0.9)}
    assert "known" in _run(tmp_path, "--accept")
    assert IndicatorBatch.objects.count() == 1


def test_without_accept_it_is_a_preview(tmp_path: Path) -> None:
    _feed(tmp_path, THINGS[4])
    _run(tmp_path)
    assert (IndicatorBatch.objects.get().state, WatchItem.objects.count()) == ("preview", 0)


def test_what_is_no_feed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"manifest\.json cannot be read"):
        _run(tmp_path)
    (tmp_path / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(CommandError, match="manifest cannot be read"):
        _run(tmp_path)
    _feed(tmp_path, THINGS[4])
    with pytest.raises(CommandError, match="Trust lies between 0 and 1"):
        _run(tmp_path, "--trust", "3")
    with pytest.raises(CommandError, match="There is no user nobody"):
        call_command("import_misp_feed", str(tmp_path), "--source", "a", "--user", "nobody")
