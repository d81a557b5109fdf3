"""Every layout of a report is read like a careful person reads it."""

from __future__ import annotations

import pytest

from detectors.intel.forms import Form, Kind
from detectors.intel.incoming import read_incoming
from tests.detectors.intel.layouts import LAYOUTS, Sample


@pytest.mark.parametrize("sample", LAYOUTS, ids=lambda one: one.name)
def test_values_are_taken_and_offered_as_a_reader_would(sample: Sample) -> None:
    report = read_incoming(sample.raw)
    taken = [thing for row in report.rows if row.kind is Kind.ENTITY for thing in row.things]
    offered = [thing for row in report.rows if row.kind is Kind.CANDIDATE for thing in row.things]
    assert (report.form, taken) == (sample.form, list(sample.taken))
    assert offered == list(sample.offered)
    assert [row.number for row in report.rows] == list(range(1, sample.rows + 1))


def test_nearly_all_values_of_unseen_layouts_are_right() -> None:
    right = wanted = 0
    for sample in LAYOUTS:
        rows = read_incoming(sample.raw).rows
        taken = {thing for row in rows if row.kind is Kind.ENTITY for thing in row.things}
        right += len(taken & set(sample.taken))
        wanted += len(set(sample.taken) | taken)
    assert len(LAYOUTS) >= 12
    assert right >= 0.99 * wanted


def test_a_row_keeps_its_notes_dates_phases_and_other_columns() -> None:
    (row,) = read_incoming(
        b"Indicator,Tactic,Technique,Procedure,Note,First seen,Confidence,Ticket\n"
        b"evil[.]example,5. Evading detection,5.1 Hiding,5.1.2 Cloaks,a note,2026-02-03,High,T-7\n"
    ).rows
    assert (row.phase.phase, row.phase.how) == ("evading detection", "exact")
    assert (row.technique, row.procedure, row.note) == ("5.1 Hiding", "5.1.2 Cloaks", "a note")
    assert row.first_seen is not None
    assert row.first_seen.date().isoformat() == "2026-02-03"
    assert row.confidence == 85
    assert row.extra == {"First seen": "2026-02-03", "Confidence": "High", "Ticket": "T-7"}


def test_the_heading_above_a_table_says_its_type() -> None:
    (row,) = read_incoming(
        b"## Package names\n\n| Name | Seen |\n|--|--|\n| com.free.video | x |\n"
    ).rows
    assert (row.form, row.things, row.heading) == (
        Form.APP,
        (("app", "com.free.video"),),
        "Package names",
    )


def test_a_kill_chain_table_without_values_is_notes() -> None:
    rows = read_incoming(b"Tactic,Technique\n0. Acquiring assets,0.1 Acquiring phones\n").rows
    assert [(row.form, row.phase.phase) for row in rows] == [(Form.TEXT, "acquiring assets")]
