"""Findings are handed to the version that says the same; what was unseen is said again, once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.models import DetectorConfig, Finding, FindingRevision, Stream
from detectors.services import adopt
from detectors.services.adopt import adopt_findings
from detectors.services.config import save_config
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db

SLUG = "shared-infrastructure"


def version(mode: str, **params: Any) -> DetectorConfig:
    return save_config(actor=None, slug=SLUG, mode=mode, params=params, reason="as said")


def found(number: int = 1, *, status: str = "current", stream: Stream | None = None) -> list[int]:
    """Findings of the version in force, each with the first entry of its log."""
    made = []
    for _ in range(number):
        one = build.finding(subjects=["x:a1", "x:a2"], detector=SLUG)
        one.status, one.stream = status, stream or one.stream
        one.save()
        FindingRevision.objects.create(
            finding=one, stream=one.stream, revision=one.revision, status=status,
            at_s=1.0, signal_id=7, digest="d", evidence={"llr": one.llr},
        )  # fmt: skip
        made.append(one.pk)
    return made


def owners() -> dict[int, int]:
    return dict(Finding.objects.values_list("pk", "config__number"))


def log(pk: int) -> list[int]:
    rows = FindingRevision.objects.filter(finding=pk).order_by("pk")
    return list(rows.values_list("revision", flat=True))


def test_what_was_found_in_shadow_is_said_again_with_the_same_evidence() -> None:
    version("shadow")
    (pk,) = found()
    live = version("live")
    assert owners() == {pk: live.number}
    first, second = FindingRevision.objects.filter(finding=pk).order_by("pk")
    assert second.revision == first.revision + 1 == Finding.objects.get(pk=pk).revision
    assert (second.evidence, second.digest, second.signal_id, second.status) == (
        first.evidence, first.digest, first.signal_id, first.status,
    )  # fmt: skip
    assert second.at_s >= first.at_s


def test_what_was_found_live_is_handed_over_and_not_said_again() -> None:
    version("live")
    (pk,) = found()
    version("off")
    live = version("live")
    assert owners() == {pk: live.number}
    assert len(log(pk)) == 1


@pytest.mark.parametrize("mode", ["shadow", "off"])
def test_a_version_that_opens_nothing_takes_nothing_over(mode: str) -> None:
    config = version("live")
    (pk,) = found()
    later = version(mode)
    assert adopt_findings(config=later) == 0
    assert owners() == {pk: config.number}


@pytest.mark.parametrize(
    ("status", "params"), [("lapsed", {}), ("current", {"ip_cap": 21}), ("lapsed", {"ip_cap": 21})]
)
def test_what_lapsed_and_what_other_parameters_found_stays_with_its_version(
    status: str, params: dict[str, int]
) -> None:
    config = version("shadow")
    (pk,) = found(status=status)
    version("live", **params)
    assert owners() == {pk: config.number}
    assert len(log(pk)) == 1


def test_a_version_takes_over_from_all_that_said_the_same_before_it() -> None:
    version("shadow")
    early = found(2)
    version("shadow", ip_cap=21)
    other = found(1)
    version("off")
    version("shadow")
    late = found(3)
    live = version("live")
    numbers = owners()
    assert {numbers[pk] for pk in (*early, *late)} == {live.number}
    assert numbers[other[0]] == 2


def test_to_take_over_again_finds_nothing_left_to_say() -> None:
    version("shadow")
    (pk,) = found()
    live = version("live")
    before = log(pk)
    assert adopt_findings(config=live) == 0
    assert log(pk) == before


def test_each_time_line_hears_of_its_own_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt, "BATCH", 2)
    version("shadow")
    second = make.stream("import-1")
    here, there = found(5), found(3, stream=second)
    version("live")
    for pk in (*here, *there):
        assert len(log(pk)) == 2
    rows = FindingRevision.objects.filter(stream=second)
    assert set(rows.values_list("finding", flat=True)) == set(there)


@given(modes=st.lists(st.sampled_from(["off", "shadow", "live"]), max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_finding_is_said_once_however_often_its_detector_is_switched(modes: list[str]) -> None:
    """In shadow, off and on again: its log grows when it first counts, and never for nothing."""
    FindingRevision.objects.all().delete()
    Finding.objects.all().delete()
    DetectorConfig.objects.filter(slug=SLUG).delete()
    version("shadow")
    (pk,) = found()
    for mode in modes:
        version(mode)
    assert len(log(pk)) == (2 if "live" in modes else 1)
    numbers = [number for number, mode in enumerate(modes, 2) if mode == "live"]
    assert owners() == {pk: max(numbers, default=1)}
