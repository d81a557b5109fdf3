"""Evidence that stands, told apart from what was said before."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.casebook import Cases, Ledger
from detectors.fusion import groups_of
from detectors.pairs import Evidence, score_pairs


def on_one_device(number: int, *names: str) -> Evidence:
    return Evidence(
        id=number, detector="test", family="infra-hard", anchor=f"{number}", subjects=names,
        links=(), llr=8.0, last_at=1.0,
    )  # fmt: skip


def test_a_revision_touches_those_it_names_and_those_it_names_no_longer() -> None:
    ledger = Ledger()
    assert ledger.enter(1, on_one_device(1, "x:a", "x:b")) == {"x:a", "x:b"}
    assert ledger.enter(1, on_one_device(1, "x:b", "x:c")) == {"x:a", "x:b", "x:c"}
    assert ledger.about({"x:a"}) == []
    assert [one.subjects for one in ledger.about({"x:c"})] == [("x:b", "x:c")]


def test_what_lapsed_is_no_evidence_any_more() -> None:
    ledger = Ledger()
    ledger.enter(1, on_one_device(1, "x:a", "x:b"))
    assert ledger.enter(1, None) == {"x:a", "x:b"}
    assert ledger.enter(1, None) == set()
    assert ledger.about({"x:a", "x:b"}) == []


def test_evidence_comes_in_the_order_of_its_findings() -> None:
    ledger = Ledger()
    for number in (3, 1, 2):
        ledger.enter(number, on_one_device(number, "x:a", f"x:{number}"))
    assert [one.id for one in ledger.about({"x:a"})] == [1, 2, 3]


def test_a_case_that_has_opened_stays_open_with_its_first_moment() -> None:
    book, ledger = Cases(), Ledger()
    touched = ledger.enter(1, on_one_device(1, "x:a", "x:b", "x:c"))
    book.refresh(touched, 60.0, ledger.about)
    touched = ledger.enter(2, on_one_device(2, "x:c", "x:d", "x:a"))
    book.refresh(touched, 120.0, ledger.about)
    assert [change.at for change in book.history] == [60.0, 120.0]
    assert book.open_cases() == [frozenset({"x:a", "x:b", "x:c", "x:d"})]


def test_a_declared_group_opens_no_case_and_others_do() -> None:
    declared = {1: frozenset({"x:a", "x:b", "x:c"})}
    book, ledger = Cases(declared=declared), Ledger()
    book.refresh(ledger.enter(1, on_one_device(1, "x:a", "x:b", "x:c")), 60.0, ledger.about)
    assert book.open_cases() == []
    book.refresh(ledger.enter(2, on_one_device(2, "x:d", "x:e", "x:f")), 120.0, ledger.about)
    assert book.open_cases() == [frozenset({"x:d", "x:e", "x:f"})]


_NAMES = tuple(f"x:{n}" for n in range(9))
_FINDINGS = st.lists(
    st.tuples(
        st.sampled_from(["infra-hard", "infra-soft", "content", "timing", "ai"]),
        st.sampled_from([2.0, 3.0, 5.0, 8.0]),
        st.sets(st.sampled_from(_NAMES), min_size=2, max_size=5),
    ),
    max_size=14,
)


def _evidence_of(findings: Sequence[tuple[str, float, set[str]]]) -> list[Evidence]:
    return [
        Evidence(
            id=number, detector="test", family=family, anchor=f"{number}",
            subjects=tuple(sorted(names)), links=(), llr=llr, last_at=1.0,
        )
        for number, (family, llr, names) in enumerate(findings, 1)
    ]  # fmt: skip


def _is_what_holds_together(book: Cases, ledger: Ledger) -> None:
    """All that evidence holds together is there; of the rest only what has opened stays."""
    standing = ledger.about(set(_NAMES))
    whole = {frozenset(one.members) for one in groups_of(score_pairs(standing, _NAMES), standing)}
    assert whole <= {*book.groups()}
    assert {*book.watched()} <= whole


@given(_FINDINGS, st.randoms(use_true_random=False))
def test_one_by_one_in_any_order_gives_the_campaigns_of_all_at_once(
    findings: list[tuple[str, float, set[str]]], dice: random.Random
) -> None:
    evidence = _evidence_of(findings)
    book, ledger = Cases(), Ledger()
    for one in dice.sample(evidence, len(evidence)):
        book.refresh(ledger.enter(one.id, one), 60.0, ledger.about)
    _is_what_holds_together(book, ledger)


@given(_FINDINGS, st.randoms(use_true_random=False))
def test_the_watch_list_is_what_holds_together_now_whatever_lapsed_before(
    findings: list[tuple[str, float, set[str]]], dice: random.Random
) -> None:
    evidence = _evidence_of(findings)
    book, ledger = Cases(), Ledger()
    for one in dice.choices(evidence, k=2 * len(evidence)) if evidence else []:
        told = None if dice.random() < 0.3 else one
        book.refresh(ledger.enter(one.id, told), 60.0, ledger.about)
    _is_what_holds_together(book, ledger)


def test_what_evidence_takes_apart_leaves_the_watch_list_and_an_open_case_stays() -> None:
    book, ledger = Cases(), Ledger()
    timing = replace(on_one_device(1, "x:a", "x:b", "x:c"), family="timing")
    book.refresh(ledger.enter(1, timing), 60.0, ledger.about)
    assert book.watched() == [frozenset({"x:a", "x:b", "x:c"})]
    book.refresh(ledger.enter(1, None), 120.0, ledger.about)
    assert book.watched() == book.groups() == []
    book.refresh(ledger.enter(2, on_one_device(2, "x:a", "x:b", "x:c")), 180.0, ledger.about)
    book.refresh(ledger.enter(2, None), 240.0, ledger.about)
    assert book.open_cases() == [frozenset({"x:a", "x:b", "x:c"})]
