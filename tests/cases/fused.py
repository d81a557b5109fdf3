"""Cases that come out of the real fusion: findings in the log, campaigns, intake."""

from __future__ import annotations

from collections.abc import Sequence

from cases.intake import intake
from cases.models import Case
from detectors.models import Finding, FindingRevision, Shard
from detectors.services.fusion import fuse_all
from tests.cases import build

LEFT = [f"x:l{number}" for number in range(4)]
RIGHT = [f"telegram:r{number}" for number in range(4)]
BRIDGE = (LEFT[0], RIGHT[0])


def told(
    subjects: Sequence[str],
    anchor: str,
    signals: Sequence[int] = (),
    *,
    family: str = "infra-hard",
    llr: float = 8.0,
) -> Finding:
    """A finding about a shared device, unless said otherwise, and its entry in the log."""
    one = build.finding(
        subjects=subjects, anchor=("device", anchor), signal_ids=signals, family=family, llr=llr
    )
    log(one)
    return one


def tied(a: str, b: str, name: str, *signals: int) -> None:
    """A strong link of two kinds between two accounts."""
    told((a, b), f"d-{name}", signals)
    told((a, b), f"t-{name}", signals, family="content", llr=3.0)


def log(one: Finding) -> None:
    """What the engine writes beside each new or changed finding."""
    Shard.objects.get_or_create(
        config=one.config, stream=one.stream, number=0, defaults={"of": 1, "clock_s": 1e6}
    )
    FindingRevision.objects.create(
        finding=one,
        stream=one.stream,
        revision=one.revision,
        status=one.status,
        at_s=10.0 * (FindingRevision.objects.count() + 1),
        signal_id=0,
        digest=one.digest,
        evidence={
            "detector": one.detector,
            "family": one.family,
            "anchor": one.anchor_value,
            "subjects": one.subjects,
            "links": one.links,
            "llr": one.llr,
            "last_at": one.last_at.timestamp(),
            "signals": one.signal_total,
        },
    )


def grow(one: Finding, *signals: int) -> None:
    """A new revision of a finding that cites more."""
    one.signal_ids = [*one.signal_ids, *signals]
    one.signal_total, one.revision = len(one.signal_ids), one.revision + 1
    one.digest = str(one.revision)
    one.save()
    log(one)


def settle() -> None:
    """Fusion, then intake, until nothing is left."""
    fuse_all()
    while intake():
        pass


def two_cases() -> tuple[Case, Case, Finding, Finding]:
    """Two operations with nothing in common, and the findings behind them."""
    one, two = told(LEFT, "d-left", range(1, 11)), told(RIGHT, "d-right", range(11, 16))
    settle()
    return (*Case.objects.order_by("pk"), one, two)  # type: ignore[return-value] # two cases


def bridged() -> Case:
    """One case of two dense halves that a single pair of accounts holds together."""
    told(LEFT, "d-left", range(1, 11))
    told(RIGHT, "d-right", range(11, 16))
    told(BRIDGE, "d-bridge", range(16, 18))
    settle()
    return Case.objects.get()
