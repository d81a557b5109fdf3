"""E5 for the detectors of accounts: cuts into batches and restarts change no event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import BaseParams, Detector, FindingDraft, Signal
from detectors.engine import Event, Runner, Ticked, tick_drafts
from detectors.rules.creation_burst import CreationBurst, CreationBurstParams
from detectors.rules.persona import PersonaDetector, PersonaParams
from detectors.rules.repurposed_account import RepurposedAccount, RepurposedAccountParams
from detectors.rules.rhythm import RhythmDetector, RhythmParams
from tests.detectors.rules.test_creation_burst import campaign, season
from tests.detectors.rules.test_persona import crew as mums
from tests.detectors.rules.test_repurposed_account import farm
from tests.detectors.rules.test_rhythm import crew, people, world

Rule = tuple[Detector[Any, Any], BaseParams, Sequence[Signal]]
Said = tuple[float, int, list[FindingDraft]]
RULES: dict[str, Rule] = {
    "creation-burst": (
        CreationBurst(),
        CreationBurstParams(),
        [*season(10, 20), *campaign(24)],
    ),
    "persona": (PersonaDetector(), PersonaParams(), mums(6)),
    "repurposed-account": (RepurposedAccount(), RepurposedAccountParams(), farm(5)),
    "rhythm": (
        RhythmDetector(),
        RhythmParams(min_population=3),
        world({**crew(3), **people(4)}),
    ),
}


def told(rule: Rule, cuts: Sequence[int], *, restart: bool) -> list[Said]:
    """What is said, and when; a part of a tick may name accounts in any order, its findings not."""
    detector, params, signals = rule
    known = {signal.id: signal for signal in signals}

    def recall(ids: list[int]) -> list[Signal]:
        return [known[id_] for id_ in ids]

    runner = Runner(detector, params, recall=recall)
    events: list[Event] = []
    for first, last in zip([0, *cuts], [*cuts, len(signals)], strict=True):
        events += runner.feed(signals[first:last])
        if restart:
            clock, dump = runner.clock, runner.dump()
            runner = Runner(detector, params, recall=recall)
            assert runner.load(clock, dump)
    return [
        (one.at, one.signal_id, tick_drafts(detector, params, one.at, [one.part], recall))
        if isinstance(one, Ticked)
        else (one.at, one.signal_id, [one.draft])
        for one in events + runner.finish()
    ]


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=5, deadline=None)
@given(shares=st.lists(st.floats(0, 1), max_size=4), restart=st.booleans())
def test_cuts_and_restarts_change_no_event(name: str, shares: list[float], restart: bool) -> None:
    rule = RULES[name]
    cuts = sorted(int(share * len(rule[2])) for share in shares)
    whole = told(rule, [], restart=False)
    assert any(drafts for _, _, drafts in whole)
    assert told(rule, cuts, restart=restart) == whole
