"""A scenario as a file: the same comes out again, and what is broken says on which line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from detectors import registry
from detectors.base import Signal
from detectors.configuration.document import Configuration, Setting
from detectors.management.filing import write_to
from detectors.scenario.document import (
    BrokenError,
    Expected,
    Head,
    lines_of,
    read,
    unpacked,
)
from detectors.scenario.replaying import LEAST, Outcome, accounts_found, replayed

SLUG = "shared-infrastructure"
SIGNUPS = 12
HOSTILE = "</script>\u202e\u2028=cmd|'/c'!A0"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
signals = st.builds(
    Signal,
    id=st.integers(1, 2**60),
    at=st.floats(0, 4e9),
    platform=st.just("x"),
    kind=st.sampled_from(["post", "login", "engine.watch"]),
    actor=texts,
    text=texts,
    raw_urls=st.lists(texts, max_size=2).map(tuple),
    identifier_map=st.dictionaries(texts, texts, max_size=2),
    received=st.floats(0, 4e9),
    attributes=st.dictionaries(texts, st.integers() | texts, max_size=2),
)


def signups(many: int = SIGNUPS) -> list[Signal]:
    """One device on which many accounts are made."""
    return [
        Signal(number, 1e9 + 20.0 * number, "x", "account.created", f"a{number}",
               identifier_map={"device": "a1b2c3d4e5f6a7b8c9d0"})
        for number in range(1, many + 1)
    ]  # fmt: skip


def told(accounts: Sequence[str] = (), name: str = "AD-1", **params: Any) -> Head:
    kind = registry.get(SLUG)
    checked = kind.Params.model_validate(params).model_dump(mode="json")
    named = tuple(accounts) or tuple(f"x:a{number}" for number in range(1, SIGNUPS + 1))
    return Head(name, (Expected(SLUG, kind.meta.version, checked, named),), SIGNUPS)


def file(path: Path, head: Head | None = None, rows: Sequence[Signal] | None = None) -> str:
    rows = signups() if rows is None else rows
    path.write_bytes(b"".join(lines_of(head or told(), rows)))
    return str(path)


@given(st.lists(signals, max_size=6))
def test_a_scenario_that_was_written_reads_the_same(rows: list[Signal]) -> None:
    head = Head("AD-1", told().expected, len(rows))
    body = b"".join(lines_of(head, rows))
    found = read(body.splitlines(keepends=True))
    assert (found.head, list(found.signals)) == (head, rows)
    assert unpacked(b"".join(body.splitlines(keepends=True)[1:])) == rows
    assert b"".join(lines_of(found.head, found.signals)) == body


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda lines: [], "The file is empty"),
        (lambda lines: [b"{}\n", *lines[1:]], "Line 1: "),
        (lambda lines: [lines[0], b"{nonsense\n", *lines[2:]], "Line 2: "),
        (lambda lines: [lines[0], b"\xff\xfe\n", *lines[2:]], "Line 2: "),
        (lambda lines: lines[:-1], "Line 1 says 12 signals, 11 follow"),
        (lambda lines: [lines[0].replace(b'"format_version":1', b'"format_version":9'),
                        *lines[1:]], "reads version 1, not 9"),
        (lambda lines: [lines[0].replace(lines[0][lines[0].index(b'"expected"'):
                                                  lines[0].index(b',"format')], b'"expected":[]'),
                        *lines[1:]], "nothing is expected"),
    ],
    ids=["empty", "no head", "no JSON", "no text", "cut", "newer", "no expectation"],
)  # fmt: skip
def test_a_broken_file_names_its_line(broken: Any, said: str) -> None:
    lines = list(lines_of(told(), signups()))
    with pytest.raises(BrokenError, match=said):
        read(broken(lines))


@given(st.integers(0, 50), st.integers(1, 50))
def test_half_of_the_accounts_is_enough_and_less_is_not(found: int, of: int) -> None:
    assert Outcome(min(found, of), of).holds == (min(found, of) >= max(1, LEAST * of))
    assert not Outcome(of, of, error="it cannot").holds


def test_settings_decide_whether_it_is_found() -> None:
    kind = registry.get(SLUG)
    named = accounts_found(kind, kind.Params(), signups(), [f"x:a{n}" for n in range(1, 13)])
    assert len(named) == SIGNUPS
    strict = kind.Params.model_validate({"min_hard": 50})
    outcome = replayed(kind, strict, signups(), named)
    assert (outcome.holds, outcome.found, outcome.of) == (False, 0, SIGNUPS)


def test_a_detector_that_cannot_digest_a_signal_has_lost_the_case() -> None:
    kind = registry.get(SLUG)
    bad = msgspec.structs.replace(signups()[0], identifier_map={"device": 7})
    outcome = replayed(kind, kind.Params(), [bad, *signups()[1:]], ["x:a1"])
    assert not outcome.holds
    assert "cannot digest signal 1" in outcome.error


def test_the_command_says_what_is_wrong_and_runs_nothing_else(tmp_path: Path) -> None:
    good = file(tmp_path / "good.ndjson")
    unknown = told()
    other = Head("AD-1", (msgspec.structs.replace(unknown.expected[0], detector="gone"),), SIGNUPS)
    for path, more, said in (
        (str(tmp_path / "none.ndjson"), (), "No such file"),
        (file(tmp_path / "other.ndjson", other), (), "no detector called gone"),
        (good, ("--set", SLUG), "Write detector.name=value"),
        (good, ("--set", f"{SLUG}.min_hard=0"), f"{SLUG}.min_hard"),
        (good, ("--set", f"{SLUG}.nosuch=1"), "nosuch"),
    ):
        with pytest.raises(CommandError, match=said):
            call_command("detectors", "test", path, *more)


def test_the_settings_of_a_folder_stand_in_for_those_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file(tmp_path / "case.ndjson")
    folder = tmp_path / "desk"
    for least in (2, 50):
        told = Configuration((Setting(SLUG, "live", {"min_hard": least}),))
        write_to(folder, told)
        asked = ("detectors", "test", path, "--config", str(folder))
        if least == 2:
            call_command(*asked)
            continue
        with pytest.raises(CommandError, match="1 lost"):
            call_command(*asked)
        call_command(*asked, "--set", f"{SLUG}.min_hard=2")
    with pytest.raises(CommandError, match="There is no detectors/"):
        call_command("detectors", "test", path, "--config", str(tmp_path / "nowhere"))


@pytest.mark.row(94)
def test_in_ci_it_runs_without_a_database_and_its_exit_code_says_what_came_out(
    tmp_path: Path,
) -> None:
    path = file(tmp_path / "case.ndjson", told(name=HOSTILE))
    assert _run(path).returncode == 0
    lost = _run(path, "--set", f"{SLUG}.min_hard=50")
    assert lost.returncode != 0
    assert "1 lost" in lost.stderr


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """As a job of CI: a desk that was never set up, and no server to reach."""
    own = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "ABUSEDESK_SECRET_KEY": "x" * 60,
    }
    return subprocess.run(
        [sys.executable, "manage.py", "detectors", "test", *arguments],
        cwd=settings.BASE_DIR, env={**os.environ, **own}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def test_a_file_names_the_sources_of_its_signals_so_that_their_overrides_hold(
    tmp_path: Path,
) -> None:
    rows = [msgspec.structs.replace(one, source=7) for one in signups()]
    head = msgspec.structs.replace(told(), sources={"7": "shop"})
    path = tmp_path / "one.ndjson"

    def run(slug: str) -> None:
        named = msgspec.structs.replace(head, sources={"7": slug})
        path.write_bytes(b"".join(lines_of(named, rows)))
        line = [{"scope": "source:shop", "setting": "min_hard", "value": 50}]
        call_command(
            "detectors",
            "test",
            str(path),
            "--set",
            f"{SLUG}.overrides={msgspec.json.encode(line).decode()}",
        )

    run("elsewhere")
    with pytest.raises(CommandError, match="1 lost"):
        run("shop")
