"""What becomes of a row, given what is known of its values; markings, terms and held lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import InvalidError
from detectors.choices import Opinion, ReferenceCategory, RowOutcome, Tlp
from detectors.intel import terms
from detectors.intel.forms import Form
from detectors.intel.judging import MAX_VALUE, Known, judge
from detectors.intel.markings import marking_of
from detectors.intel.report import Row
from detectors.intel.terms import BatchTerms
from detectors.intel.warning import BLOCKING, INFORMING, blocks
from detectors.watching.things import Thing

ONE: Thing = ("domain", "one.com")
TWO: Thing = ("domain", "two.com")
MINE = Known(by_source=True)


def _row(*things: Thing, form: Form = Form.DOMAIN, **more: Any) -> Row:
    return Row(number=1, raw="x", form=form, things=things, **more)


def _outcomes(*rows: Row, **known: Known) -> list[str]:
    found = {ONE: known.get("one", Known()), TWO: known.get("two", Known())}
    return [one.outcome.value for one in judge(rows, found)]


@pytest.mark.parametrize(
    ("row", "known", "outcome"),
    [
        (_row(ONE), Known(), RowOutcome.NEW),
        (_row(ONE), Known(others=4), RowOutcome.NEW),
        (_row(ONE), Known(informing=("Tranco",)), RowOutcome.NEW),
        (_row(ONE), MINE, RowOutcome.KNOWN),
        (_row(ONE), Known(blocking=("Banks",)), RowOutcome.HELD),
        # it was put there in spite of the list; importing it again does not go around the list
        (_row(ONE), Known(by_source=True, blocking=("Banks",)), RowOutcome.HELD),
        (_row(ONE), Known(above=("Banks",)), RowOutcome.CANDIDATE),
        (_row(ONE, form=Form.INSIDE), Known(), RowOutcome.CANDIDATE),
        (_row(ONE, form=Form.INSIDE), MINE, RowOutcome.KNOWN),
        (_row(ONE, form=Form.MISMATCH), Known(blocking=("Banks",)), RowOutcome.HELD),
        (_row(ONE, tags=("tlp:red",)), Known(), RowOutcome.HELD),
        (_row(ONE, tags=("tlp:green", "TLP:RED")), MINE, RowOutcome.HELD),
        (_row(("url", "http://a.com/" + "x" * MAX_VALUE)), Known(), RowOutcome.HELD),
        (_row(ONE, gone=True), Known(), RowOutcome.NOTE),
        (_row(ONE, gone=True), Known(others=3), RowOutcome.NOTE),
        (_row(ONE, gone=True), MINE, RowOutcome.WITHDRAWS),
        (_row(ONE, gone=True, tags=("tlp:red",)), MINE, RowOutcome.WITHDRAWS),
        (_row(form=Form.COUNT), Known(), RowOutcome.COUNT),
        (_row(form=Form.TEXT), Known(), RowOutcome.NOTE),
        (_row(form=Form.EMPTY), Known(), RowOutcome.EMPTY),
    ],
)
def test_a_row_becomes_what_is_known_of_its_value(
    row: Row, known: Known, outcome: RowOutcome
) -> None:
    assert _outcomes(row, one=known) == [outcome]


@pytest.mark.parametrize(
    ("rows", "outcomes"),
    [
        ((_row(ONE), _row(ONE)), ["new", "repeated"]),
        # a mention does not take the word from the row that says it
        ((_row(ONE, form=Form.INSIDE), _row(ONE)), ["candidate", "new"]),
        ((_row(ONE), _row(ONE, form=Form.INSIDE)), ["new", "repeated"]),
        ((_row(ONE, TWO), _row(TWO)), ["new", "repeated"]),
        ((_row(ONE), _row(ONE, TWO)), ["new", "new"]),
        ((_row(ONE), _row(), _row(ONE)), ["new", "note", "repeated"]),
    ],
)
def test_a_value_counts_where_it_is_said_first(rows: tuple[Row, ...], outcomes: list[str]) -> None:
    rows = tuple(row if row.things else replace(row, form=Form.TEXT) for row in rows)
    assert _outcomes(*rows) == outcomes


@pytest.mark.parametrize(
    ("one", "two", "outcome"),
    [
        (Known(), MINE, "new"),
        (Known(blocking=("Banks",)), Known(), "new"),
        (Known(blocking=("Banks",)), Known(above=("Banks",)), "candidate"),
        (Known(blocking=("Banks",)), MINE, "held"),
        (MINE, MINE, "known"),
    ],
)
def test_of_several_values_the_one_to_be_decided_names_the_row(
    one: Known, two: Known, outcome: str
) -> None:
    (told,) = judge([_row(ONE, TWO)], {ONE: one, TWO: two})
    assert told.outcome == outcome
    assert [(thing["type"], thing["value"]) for thing in told.things] == [ONE, TWO]


def test_a_value_is_stored_with_the_lists_that_weigh_most() -> None:
    known = Known(others=2, blocking=("Banks",), above=("Top",), informing=("Tranco",))
    for one, lists in (
        (known, ["Banks"]),
        (replace(known, blocking=()), ["Top"]),
        (replace(known, blocking=(), above=()), ["Tranco"]),
    ):
        (told,) = judge([_row(ONE)], {ONE: one})
        assert (told.things[0]["others"], told.things[0]["lists"]) == (2, lists)


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from([ONE, TWO]), max_size=2, unique=True), st.sampled_from(Form)
        ),
        max_size=8,
    ),
    st.dictionaries(
        st.sampled_from([ONE, TWO]), st.sampled_from([Known(), MINE, Known(above=("Top",))])
    ),
)
def test_every_row_is_told_once_and_no_value_is_new_twice(
    said: list[tuple[list[Thing], Form]], known: dict[Thing, Known]
) -> None:
    rows = [_row(*things, form=form) for things, form in said]
    told = list(judge(rows, known))
    assert [one.row for one in told] == rows
    new = [
        (thing["type"], thing["value"])
        for one in told
        for thing in one.things
        if thing["outcome"] == RowOutcome.NEW
    ]
    assert len(new) == len(set(new))
    assert not [thing for thing in new if known.get(thing, Known()) != Known()]


@pytest.mark.parametrize(
    ("tags", "marking"),
    [
        ((), None),
        (("pap:red", "type:osint", "tlp"), None),
        (("tlp:white",), Tlp.CLEAR),
        (("TLP:GREEN",), Tlp.GREEN),
        (("tlp:clear", "tlp:amber", "tlp:green"), Tlp.AMBER),
        (("tlp: amber+strict ",), Tlp.AMBER_STRICT),
        (("tlp:unclear",), Tlp.AMBER_STRICT),
        (("tlp:ex:chr",), Tlp.AMBER_STRICT),
        (("tlp:",), Tlp.AMBER_STRICT),
        (("tlp:red", "tlp:clear"), Tlp.RED),
    ],
)
def test_the_narrowest_marking_of_tags_counts(tags: tuple[str, ...], marking: Tlp | None) -> None:
    assert marking_of(tags) == marking


@given(st.lists(st.sampled_from(Tlp.values), min_size=1), st.sampled_from(Tlp.values))
def test_one_more_tag_never_widens_a_marking(said: list[str], more: str) -> None:
    order = list(Tlp)
    before = marking_of([f"tlp:{one}" for one in said])
    after = marking_of([f"tlp:{one}" for one in (*said, more)])
    assert before is not None
    assert after is not None
    assert order.index(after) >= order.index(before)


@pytest.mark.parametrize(
    ("thing", "held"),
    [
        (("domain", "bank.com"), True),
        (("ip", "10.0.0.1"), True),
        (("hash", "md5:00"), True),
        (("url", "https://bank.com/"), True),
        (("url", "https://bank.com/p/12"), False),
        (("url", "https://bank.com/?id=1"), False),
        (("email", "boss@bank.com"), False),
    ],
)
def test_a_known_host_is_held_and_one_page_or_mailbox_there_is_not(
    thing: Thing, *, held: bool
) -> None:
    assert blocks(thing, ReferenceCategory.KNOWN, "banks") is held
    assert not any(blocks(thing, ReferenceCategory.KNOWN, slug) for slug in INFORMING)
    others = set(ReferenceCategory) - BLOCKING
    assert not any(blocks(thing, category, "banks") for category in others)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trust": float("nan")}, "trust"),
        ({"trust": float("inf")}, "trust"),
        ({"trust": -0.1}, "trust"),
        ({"confidence": -1}, "confidence"),
        ({"source": "x" * 61}, "source"),
        ({"source": "a\0b"}, "source"),
        ({"days": 401}, "days"),
        ({"reference": "x" * 501}, "reference"),
        ({"reference": "a\0"}, "reference"),
        ({"licence": "\0"}, "licence"),
        ({"note": "x" * 301}, "note"),
        ({"opinion": "seed", "confidence": 30}, "confidence"),
        # 0.5 x 50 is exactly the score from which nothing matches
        ({"trust": 0.5, "confidence": 50}, "confidence"),
    ],
)
def test_terms_that_lead_nowhere_are_refused_at_their_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as error:
        terms.check(replace(BatchTerms("cert"), **change))
    assert error.value.field == field


@pytest.mark.parametrize(
    "change",
    [
        {"trust": 0.5, "confidence": 51},
        {"trust": 0, "opinion": Opinion.NEGATIVE},
        {"confidence": 0, "opinion": Opinion.NEGATIVE},
        {"opinion": Opinion.SEED, "confidence": 29},
        {"days": 1},
        {"days": 400},
        {"tlp": Tlp.AMBER_STRICT},
        {"source": "x" * 60, "note": "y" * 300, "licence": "z" * 60, "reference": "r" * 500},
    ],
)
def test_terms_at_their_limits_pass(change: dict[str, Any]) -> None:
    terms.check(replace(BatchTerms("cert"), **change))
