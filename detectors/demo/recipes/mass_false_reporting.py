"""Mass false reporting: one crowd, no shared trace, reports innocent people until they vanish."""

from __future__ import annotations

from detectors.demo.recipes.kit import Phrasebook, loners
from detectors.demo.stage import HOUR_S, MINUTE_S, Account, Stage
from detectors.demo.words import spin
from detectors.schema import Kind

VICTIMS = 18
CROWD = ("x", "facebook", "youtube", "x") * 5
UPHELD = 0.03

BOOK = Phrasebook(
    (
        "This account [insults|mocks] members of the Ostmere rowing club every day.",
        "Fake profile, the [real|true] owner has asked me to report it.",
        "The pictures on this page are [stolen|copied] from my family album.",
    ),
    (
        "It breaks the rule about harassment in every [post|reply].",
        "It writes to children and asks them for [pictures|addresses].",
        "It sells [tickets|places] that do not exist.",
        "It belongs to somebody who was [removed|banned] before.",
    ),
    (
        "Please close it [today|now].",
        "Many of us have [seen|noticed] it.",
        "We will report it again until it is [gone|removed].",
        "It must not [stay|remain] online.",
        "Do look at the [comments|answers] as well.",
    ),
)


def play(stage: Stage) -> None:
    """A target is called out; most of the crowd reports it in minutes; moderators find nothing."""
    crowd = loners(stage, CROWD)
    for n, at in enumerate(stage.waves(VICTIMS, first=0.06)):
        victim = f"report-target:account-{stage.mark(f'victim-{n}')[:16]}"
        for who in stage.some(crowd, 0.7):
            _report(stage, who, at + stage.rng.uniform(0, 3 * MINUTE_S), n, victim)
    stage.idle(crowd, 60)


def _report(stage: Stage, who: Account, at: float, n: int, victim: str) -> None:
    """One report, and some hours later what came of it."""
    reason = spin(stage.rng, BOOK.line(n + stage.rng.randrange(2)))
    stage.act(who, Kind.REPORT, at, text=reason, objects=(victim,))
    outcome = {"upheld": stage.chance(UPHELD)}
    later = at + stage.rng.uniform(2, 7) * HOUR_S
    stage.act(who, Kind.REPORT, later, objects=(victim,), attributes=outcome)
