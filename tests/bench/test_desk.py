"""The desk in memory finds, opens, merges and tells when, as the live one does."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
import pytest

from bench.evaluation import flags, score
from bench.evaluation.desk import run_desk
from bench.evaluation.score import DESK, compare, score_world
from bench.evaluation.table import tabulate
from bench.worlds.kit import Operation, Truth, World
from bench.worlds.mixed import mixed
from detectors import registry
from detectors.base import Signal
from detectors.casebook import Cases, Change
from detectors.pairs import Evidence
from tests.harness import T0, post

DAY_S = 86_400.0
TICK_S = 43_200


def ring(count: int = 4, *, start: int = 0, device: str = "d" * 20) -> list[Signal]:
    """Logins of accounts on one device and one address, an hour apart."""
    return [
        Signal(
            id=start + n + 1,
            at=T0 + 3_600 * n,
            received=T0 + 3_600 * n,
            platform="x",
            kind="login",
            actor=f"{device[0]}{n}",
            identifier_map={"device": device, "payment": device * 2},
        )
        for n in range(count)
    ]


def clique(number: int, names: Iterable[str], llr: float = 8.0) -> Evidence:
    return Evidence(
        id=number, detector="test", family="infra-hard", anchor=f"{number}", subjects=tuple(names),
        links=(), llr=llr, last_at=1.0,
    )  # fmt: skip


def world(signals: list[Signal], operations: dict[str, set[int]], **groups: str) -> World:
    """A world whose operations own signals by place."""
    truth = tuple(
        Operation(
            name, "plain", faint=False,
            accounts=frozenset(signals[place].account for place in places),
            positions=np.array(sorted(places)),
        )
        for name, places in operations.items()
    )  # fmt: skip
    return World("mixed", 1, tuple(signals), Truth(truth, groups))


def test_accounts_on_one_device_are_a_case_that_opens_in_time() -> None:
    signals = ring(6)
    outcome = run_desk(signals)
    assert outcome.cases.open_cases() == [frozenset(one.account for one in signals)]
    first = outcome.cases.history[0]
    assert T0 < first.at <= signals[-1].at + 60
    assert len(first.members) < 6


def test_any_batches_and_shards_give_the_same_log_and_history() -> None:
    signals = mixed(600, 3).signals
    whole = run_desk(signals, batch=len(signals), tick_floor_s=TICK_S)
    for batch, shards in ((7, 1), (97, 3)):
        again = run_desk(signals, batch=batch, shards=shards, tick_floor_s=TICK_S)
        assert (again.log, again.cases.history) == (whole.log, whole.cases.history)
    assert whole.revisions > 0


def test_findings_are_named_the_same_whatever_numbers_the_store_gave_the_signals() -> None:
    """A transaction that fails leaves a gap, and a worker that was killed many."""
    signals = mixed(600, 3).signals
    moved = [
        msgspec.structs.replace(one, id=one.id + 40 * (place // 50))
        for place, one in enumerate(signals)
    ]
    told, again = (
        {anchor: (draft.subjects, draft.sentence) for anchor, draft in run.told.items()}
        for run in (run_desk(signals, tick_floor_s=TICK_S), run_desk(moved, tick_floor_s=TICK_S))
    )
    assert again == told
    assert {"reworded-text", "reworded-bio"} <= {slug for slug, _ in told}


def test_all_detectors_of_the_registry_run() -> None:
    assert set(registry.all_detectors()) <= set(run_desk(ring()).seconds)


def test_what_lapses_stands_no_more() -> None:
    signals = [
        post(n, f"a{n % 5}", "", at=100 * (n // 5) + n % 5, objects=(f"target:t{n // 5}",))
        for n in range(60)
    ]
    quiet = [post(100 + n, "z", "", at=DAY_S * (9 + n), objects=("target:q",)) for n in range(3)]
    crowd = [
        post(200 + n, f"c{n}", "", at=7 * n, objects=(f"target:c{n % 40}",)) for n in range(400)
    ]
    stream = sorted([*signals, *crowd], key=lambda one: one.at)
    before = run_desk(stream, slugs=["coaction-synchrony"])
    after = run_desk([*stream, *quiet], slugs=["coaction-synchrony"])
    assert any("x:a0" in draft.subjects for draft in before.standing.values())
    assert after.standing == {}


def test_cases_grow_keep_their_key_and_merge() -> None:
    evidence = [clique(1, "abc"), clique(2, "xyz")]

    def about(names: set[str]) -> list[Evidence]:
        return [one for one in evidence if names.intersection(one.subjects)]

    cases = Cases()
    cases.refresh(set("abc"), 10, about)
    cases.refresh(set("xyz"), 20, about)
    assert sorted(map(sorted, cases.open_cases())) == [list("abc"), list("xyz")]
    evidence.append(clique(3, "abcxyz"))
    cases.refresh(set("abcxyz"), 30, about)
    assert cases.open_cases() == [frozenset("abcxyz")]
    assert [(one.at, one.case) for one in cases.history] == [(10, 0), (20, 1), (30, 0)]
    assert cases.ever() == {0: frozenset("abcxyz"), 1: frozenset("xyz")}


def test_weak_evidence_opens_nothing() -> None:
    cases = Cases()
    cases.refresh(set("abc"), 1, lambda _: [clique(1, "abc", llr=2.0)])
    assert (cases.open_cases(), cases.history) == ([], [])


def test_what_was_named_once_stays_named() -> None:
    evidence = [clique(1, "abcd")]
    cases = Cases()
    cases.refresh(set("abcd"), 1, lambda _: evidence)
    evidence[0] = clique(1, "abc")
    cases.refresh(set("abcd"), 2, lambda _: evidence)
    assert cases.groups() == [frozenset("abc")]
    assert cases.open_cases() == [frozenset("abcd")], "nothing ties d any more, and d stays"
    assert cases.named() == frozenset("abcd")


def test_a_score_counts_right_wrong_and_harmless() -> None:
    signals = sorted(
        [*ring(6), *ring(5, start=10, device="e" * 20), *ring(5, start=20, device="f" * 20)],
        key=lambda one: (one.at, one.id),
    )
    own = {place for place, one in enumerate(signals) if one.actor[0] == "d"}
    harmless = {one.account: "shop" for one in signals if one.actor[0] == "e"}
    scene = world(signals, {"hydra": own})
    scene = World("mixed", 1, scene.signals, Truth(scene.truth.operations, harmless))
    result = compare(scene, run_desk(signals))
    assert (result.cases, result.false_cases, result.harmless_cases) == (3, 1, 1)
    named = result.named[DESK]
    assert (named.right, named.coordinated, named.benign) == (6, 5, 5)
    assert result.contamination == [0]
    (found,) = result.found
    assert found.is_found
    assert found.fragments == 1


def test_time_to_detect_counts_from_the_first_signal_by_arrival() -> None:
    others = [post(50 + n, f"o{n}", "hello", at=n - 600.0) for n in range(5)]
    signals = [*others, *ring(6)]
    outcome = run_desk(signals)
    scene = world(signals, {"hydra": set(range(5, 11))})
    (found,) = compare(scene, outcome).found
    change = outcome.cases.history[0]
    assert isinstance(change, Change)
    assert found.minutes == pytest.approx((change.at - T0) / 60)
    assert found.signals == sum(1 for one in signals if T0 <= one.at < change.at)
    assert found.done == found.signals / 6


def test_a_campaign_that_no_case_names_is_never_detected() -> None:
    signals = [post(n, f"a{n}", f"text {n}") for n in range(5)]
    (found,) = compare(world(signals, {"hydra": {0, 1, 2}}), run_desk(signals)).found
    assert (found.minutes, found.done, found.caught, found.is_found) == (None, None, 0.0, False)


def test_baselines_read_the_same_rows() -> None:
    signals = [
        post(10 * k + n, f"a{n}", "", at=1_000 * k + n, raw_urls=(f"https://a.example/{k}",))
        for k in range(12)
        for n in range(3)
    ]
    signals += [post(900 + n, f"b{n}", "", objects=(f"hashtag:h{n}",)) for n in range(20)]
    shares = flags.shares_of(signals)
    assert len(shares) == 12 * 3 + 20
    assert flags.toolkit(shares) == {"x:a0", "x:a1", "x:a2"}
    assert flags.tfidf(flags.shares_of([])) == set()
    assert flags.coortweet(flags.shares_of([])) == set()


def test_tfidf_names_the_most_alike_of_the_active() -> None:
    rows = [
        post(
            100 * a + k,
            f"a{a}",
            "",
            objects=(f"hashtag:{k if a < 2 else f'{a}-{k}'}", "hashtag:all"),
        )
        for a in range(30)
        for k in range(10)
    ]
    assert flags.tfidf(flags.shares_of(rows)) == {"x:a0", "x:a1"}


def test_a_world_is_measured_and_told_in_one_table() -> None:
    scores = [
        score_world("mixed", 2_000, 1, tick_floor_s=TICK_S),
        score_world("benign", 600, 1, tick_floor_s=TICK_S, methods=False),
    ]
    table = tabulate(scores)
    text = table.text()
    assert len({line.count("|") for line in text.splitlines()}) == 1
    assert "mixed: account precision" in text
    assert "benign: false cases" in text
    assert table.metrics["benign_false_cases_per_100k"] is not None
    assert 0 <= (table.metrics["campaign_recall"] or 0) <= 1


def test_replay_is_compared_over_batches_and_shards() -> None:
    assert score.replays_alike(600, 2, tick_floor_s=TICK_S)
