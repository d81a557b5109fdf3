"""One world through the desk and the baselines, compared with the truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.evaluation import flags, measures
from bench.evaluation.desk import TICK_FLOOR_S, Outcome, run_desk
from bench.worlds.kit import Operation, Truth, World
from bench.worlds.mixed import MAKERS
from detectors.casebook import Change
from detectors.scoring import MIN_ACCOUNTS

CAUGHT = 0.5
"""Share of a campaign's accounts in one case from which it counts as found."""
DESK = "abusedesk"
REPLAY_BATCH, REPLAY_SHARDS = 613, 4


@dataclass(frozen=True, slots=True)
class Found:
    """How one campaign fared. signals, minutes, done: until its first case of three members of
    which at least half are right; done: share of its acts that had arrived by then."""

    recipe: str
    variant: str
    faint: bool
    size: int
    caught: float
    fragments: int
    minutes: float | None = None
    signals: int | None = None
    done: float | None = None

    @property
    def is_found(self) -> bool:
        """Whether one case at the end holds at least half of it."""
        return self.caught >= CAUGHT


@dataclass(frozen=True, slots=True)
class Named:
    """Accounts that one method names: of campaigns, of harmless groups, of nobody."""

    right: int
    coordinated: int
    benign: int


@dataclass(slots=True)
class Score:
    """Everything that is measured on one world; all counts, so that worlds can be added up."""

    world: str
    seed: int
    signals: int
    benign_signals: int
    abusive: int
    coordinated: int
    digest: str
    named: dict[str, Named] = field(default_factory=dict)
    cases: int = 0
    false_cases: int = 0
    harmless_cases: int = 0
    found: list[Found] = field(default_factory=list)
    contamination: list[float] = field(default_factory=list)
    quality: dict[str, float] = field(default_factory=dict)
    bridges: tuple[int, int, int] = (0, 0, 0)
    """Cross-platform pairs: right, told, true."""
    ranked: tuple[bool, ...] = ()
    """Whether each account of a campaign of the desk is right, the surest first."""
    tight: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Kind of harmless group that acts as one -> its accounts named, all of its accounts."""
    seconds: dict[str, float] = field(default_factory=dict)
    log: str = ""


def score_world(
    kind: str, size: int, seed: int, *, tick_floor_s: int = TICK_FLOOR_S, methods: bool = True,
    declares: bool = False,
) -> Score:  # fmt: skip
    """Make a world, run everything over it, compare. methods: the baselines too. declares: whether
    an admin has declared the harmless groups that act as one."""
    started = time.process_time()
    world = MAKERS[kind](size, seed)
    made = time.process_time()
    groups = _groups(world.truth.coordinated) if declares else ()
    outcome = run_desk(world.signals, tick_floor_s=tick_floor_s, declared=groups)
    score = compare(world, outcome)
    score.seconds = outcome.seconds | {"world": made - started}
    if methods:
        rows = flags.shares_of(world.signals)
        for name, method in flags.METHODS.items():
            began = time.process_time()
            score.named[name] = _named(method(rows), world)
            score.seconds[name] = time.process_time() - began
    return score


def replays_alike(size: int, seed: int, *, tick_floor_s: int = TICK_FLOOR_S) -> bool:
    """Whether another batch size and other shards give the identical findings log."""
    signals = MAKERS["mixed"](size, seed).signals
    once = run_desk(signals, batch=len(signals), tick_floor_s=tick_floor_s)
    again = run_desk(signals, batch=REPLAY_BATCH, shards=REPLAY_SHARDS, tick_floor_s=tick_floor_s)
    same = [one.cases.history for one in (once, again)]
    return once.log == again.log and same[0] == same[1]


def compare(world: World, outcome: Outcome) -> Score:
    """What the cases of a desk say against the truth."""
    truth, cases = world.truth, outcome.cases.open_cases()
    owner = {name: number for number, one in enumerate(truth.operations) for name in one.accounts}
    harmful = sum(len(one.positions) for one in truth.operations)
    score = Score(
        world.name, world.seed, len(world.signals), len(world.signals) - harmful, len(owner),
        len(truth.coordinated), world.digest, log=outcome.log,
    )  # fmt: skip
    score.named[DESK] = _named(outcome.cases.named(), world)
    for members in outcome.cases.ever().values():
        wrong = [name for name in members if name not in owner]
        harmless = sum(1 for name in wrong if name in truth.coordinated)
        score.cases += 1
        if 2 * len(wrong) > len(members):
            score.harmless_cases += 2 * harmless >= len(wrong)
            score.false_cases += 2 * harmless < len(wrong)
        else:
            score.contamination.append(measures.contamination(members, owner))
    history = outcome.cases.history
    score.found = [_found(one, cases, history, outcome) for one in truth.operations]
    harmless_groups = _groups(truth.coordinated)
    campaigns = [one.accounts for one in truth.operations]
    score.quality = _quality(campaigns, harmless_groups, cases)
    score.quality["weighted precision of cases"] = measures.weighted_precision(cases, owner)
    score.ranked = _ranked(outcome.cases.chances(), truth)
    score.tight = _tight(outcome.cases.named(), truth)
    true = measures.bridges(campaigns)
    told = measures.bridges(cases) - measures.bridges(harmless_groups)
    score.bridges = (len(told & true), len(told), len(true))
    return score


def _named(names: frozenset[str] | set[str], world: World) -> Named:
    abusive = {name for one in world.truth.operations for name in one.accounts}
    rest = names - abusive
    harmless = sum(1 for name in rest if name in world.truth.coordinated)
    return Named(len(names & abusive), harmless, len(rest) - harmless)


def _ranked(chances: Mapping[str, float], truth: Truth) -> tuple[bool, ...]:
    """Members of harmless groups that act as one are left out, as precision leaves them out."""
    owned = {name for one in truth.operations for name in one.accounts}
    counted = [name for name in chances if name in owned or name not in truth.coordinated]
    counted.sort(key=lambda name: (-chances[name], name))
    return tuple(name in owned for name in counted)


def _tight(named: frozenset[str], truth: Truth) -> dict[str, tuple[int, int]]:
    """By kind: `newsroom` of `newsroom-3`."""
    sizes, hits = Counter[str](), Counter[str]()
    for name, group in truth.coordinated.items():
        kind = group.rstrip("0123456789").rstrip("-")
        sizes[kind] += 1
        hits[kind] += name in named
    return {kind: (hits[kind], sizes[kind]) for kind in sorted(sizes)}


def _found(
    one: Operation, cases: Sequence[frozenset[str]], history: Sequence[Change], outcome: Outcome
) -> Found:
    whole = Found(
        one.recipe, one.variant, one.faint, len(one.accounts),
        measures.caught(one.accounts, cases), measures.fragments(one.accounts, cases),
    )  # fmt: skip
    for change in history:
        right = len(change.members & one.accounts)
        if right >= MIN_ACCOUNTS and 2 * right >= len(change.members):
            place, first = outcome.position(change.at), int(one.positions[0])
            return replace(
                whole,
                minutes=float(change.at - outcome.clock[first]) / 60,
                signals=place - first,
                done=float((one.positions < place).mean()),
            )
    return whole


def _groups(coordinated: Mapping[str, str]) -> list[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for name, group in coordinated.items():
        groups.setdefault(group, set()).add(name)
    return [frozenset(group) for group in groups.values()]


def _quality(
    campaigns: measures.Groups, harmless: measures.Groups, cases: measures.Groups
) -> dict[str, float]:
    """How well cases match campaigns, over all accounts of either; a harmless group is one too.

    Whoever is in no case stands alone, so what is missed lowers all of them but one: the ARI of
    accounts in cases says how well the fusion sorts those that detectors gave it.
    """
    accounts = sorted({name for group in (*campaigns, *cases) for name in group})
    truth = measures.labels(accounts, [*campaigns, *harmless], "group")
    found = measures.labels(accounts, cases, "case")
    named = sorted({name for case in cases for name in case})
    return {
        "ARI": measures.adjusted_rand(truth, found),
        "ARI of accounts in cases": measures.adjusted_rand(
            measures.labels(named, [*campaigns, *harmless], "group"),
            measures.labels(named, cases, "case"),
        ),
        "NMI": measures.mutual_information(truth, found),
        "purity": measures.purity(truth, found),
        "inverse purity": measures.purity(found, truth),
        "B-cubed F1": measures.b_cubed(truth, found)[2],
    }
