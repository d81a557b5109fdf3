"""The stream on which detectors are timed, and that none of them is left out."""

from __future__ import annotations

from bench.speed import memory
from bench.speed.worker import SHARED
from bench.worlds import flow
from detectors import registry
from detectors.schema import Kind


def test_a_signal_of_the_flow_depends_on_its_number_alone() -> None:
    once = [flow.signal(number) for number in range(300)]
    again = [flow.signal(number) for number in reversed(range(300))]
    assert once == again[::-1]
    assert [one.id for one in once] == list(range(1, 301))


def test_the_flow_is_of_many_kinds_with_copies_and_late_signals() -> None:
    signals = [flow.signal(number) for number in range(3_000)]
    kinds = {one.kind for one in signals}
    assert kinds == set(flow.SHARES) <= set(Kind)
    texts = [one.text for one in signals if one.text]
    assert len(texts) > len(set(texts)) > len(texts) * 0.9
    assert any(one.received - one.at > 60 for one in signals)
    assert all(one.at < one.received for one in signals)


def test_every_detector_of_the_registry_is_timed_at_every_length() -> None:
    told: list[memory.Stage] = []
    walk = memory.walk([memory.PAGE, 2 * memory.PAGE], told.append)
    assert told == walk.stages
    assert [stage.signals for stage in walk.stages] == [memory.PAGE, 2 * memory.PAGE]
    for stage in walk.stages:
        assert set(stage.us) == {SHARED, *registry.all_detectors()}
        assert stage.all_us == sum(stage.us.values()) > 0
    assert walk.keys["near-duplicate-text"] > memory.PAGE
    assert walk.state_bytes.keys() == registry.all_detectors().keys()
