"""D1: accounts that share the same objects together faster than their environment does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain

from detectors import normalise
from detectors.base import (
    DAY_S,
    BaseParams,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Score,
    Signal,
    Told,
    param,
)
from detectors.synchrony import Settings, find_each
from detectors.synchrony.again import weakest_again
from detectors.synchrony.findings import Run, findings, known_pairs
from detectors.synchrony.firsts import FirstShares
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers
from detectors.synchrony.tables import Part, clock_steps, collect_since, merge, pooled

OBJECT_TYPES = frozenset(
    {
        "hashtag",
        "hashtag-seq",
        "repost",
        "reply-to",
        "target",
        "report-target",
        "media",
        "payment",
        "wallet",
        "kit",
        "subject",
        "prompt",
    }
)
ACTS = ("post", "repost", "reply", "message", "mail", "reaction", "follow", "report", "payment")
KINDS = (*ACTS, "site", "ai.request")
MIN_TEXT = 30
MIN_SEQUENCE = 5


class CoactionParams(BaseParams):
    """What an admin may tune; the windows are fixed: 10, 60, 300, 1,800 and 3,600 s."""

    lookback_d: int = param(
        7,
        ge=1,
        le=30,
        step=1,
        unit="d",
        rebuild=True,
        help="How far back shares are compared",
    )
    n_min: int = param(4, ge=3, le=20, step=1, unit="objects", help="Shared objects a pair needs")
    c_min: int = param(3, ge=2, le=20, step=1, unit="objects", help="Of them inside the window")
    alpha: float = param(
        0.01, ge=0.0001, le=0.1, step=0.0001, unit="rate", help="False discovery rate"
    )
    p_open: float = param(
        1e-4, ge=1e-8, le=1e-2, step=1e-8, unit="p", help="Largest p inside a group"
    )
    min_strangers: int = param(
        50, ge=20, le=500, step=10, unit="pairs", help="Strangers that give an object its rate"
    )
    stranger_min_objects: int = param(
        3, ge=1, le=20, step=1, unit="objects", help="Objects that make a stranger count"
    )
    cap: int = param(
        400, ge=50, le=2000, step=50, unit="accounts", help="Sampled accounts per object"
    )
    use_prior: bool = param(
        default=True, unit="switch", help="Cautious rates while objects are few"
    )
    domains: bool = param(
        default=False, unit="switch", rebuild=True, help="Count a shared domain as object"
    )

    def settings(self) -> Settings:
        """The numbers of the test itself."""
        names = set(Settings.__dataclass_fields__) & set(type(self).model_fields)
        return Settings(**{name: getattr(self, name) for name in names})


class CoactionSynchrony(Detector[Sharers, CoactionParams]):
    """Keys are objects, whatever the platform; the tick looks at all of them together."""

    meta = Meta(
        slug="coaction-synchrony",
        title="Synchronous sharing",
        version=1,
        family=Family.TIMING,
        kinds=KINDS,
        lookback_s=30 * DAY_S,
        tick_s=300,
        rescored=Rescored.CONSTANTS,
        doc=(
            "Looks at pairs of accounts that shared the same links, hashtags, texts, targets or "
            "other objects, and asks whether they did so closer in time than other pairs do with "
            "objects of this kind. Common interest and popular objects do not count, only the "
            "timing does. A ring of such pairs is a group; a single pair only supports other "
            "evidence; where strangers were as fast, an event explains it. Lower the false "
            "discovery rate when unrelated pairs appear; raise the lookback for slow campaigns."
        ),
        falsifiers=(
            "The accounts belong to one declared organisation, newsroom or syndicate.",
            "A share button, wire service or scheduled feed posts the same item for all of them.",
            "An event made everybody share these objects at once, strangers included.",
            "The clock of a source is coarser than it says.",
        ),
        source="Giglietto 2020 and Pacheco 2021 for co-action; the test is the project's own",
    )
    Params = CoactionParams
    State = Sharers

    def keys(self, signal: Signal, p: CoactionParams) -> Iterable[Key]:
        """Every object that the signal's actor shared."""
        return _objects(signal, p) if signal.actor else ()

    def keep_s(self, key: Key, p: CoactionParams) -> float:
        """An object matters as long as its last share is looked back at."""
        del key
        return float(p.lookback_d * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Sharers, p: CoactionParams
    ) -> list[FindingDraft]:
        """Only remembers; what it means is a question over many objects."""
        state.add(signal.account, signal.at, signal.id)
        if len(state.shares) > 2 * MAX_ACCOUNTS:
            state.trim(self.secret)
        return []

    def part(self, clock: float, states: Mapping[Key, Sharers], p: CoactionParams) -> list[Part]:
        """First shares of this shard's objects inside the lookback, by object type."""
        return [collect_since(states, clock - p.lookback_d * DAY_S, self.secret)]

    def standing(self, p: CoactionParams) -> FirstShares:
        """The same, kept from one tick to the next."""
        return FirstShares(p.lookback_d * DAY_S, self.secret)

    def tick(
        self, clock: float, parts: Sequence[Sequence[Part]], p: CoactionParams
    ) -> list[FindingDraft]:
        """One test per object type, and one over all types together."""
        tables = merge([*chain.from_iterable(parts)])
        steps, settings = clock_steps(tables.values()), p.settings()
        each, pool = [*tables.values()], next(pooled(tables), None)
        told = [table.postings(steps) for table in each]
        whole = pool.postings(steps) if pool else None
        results = find_each(told, whole, settings, secret=self.secret)
        runs = [
            Run(table, result, settings, p.lookback_d, steps)
            for table, result in zip([*each, pool] if pool else each, results, strict=True)
        ]
        types, all_types = runs[: len(each)], runs[len(each) :]
        found = [draft for run in types for draft in findings(run)]
        known = known_pairs(types)
        return found + [draft for run in all_types for draft in findings(run, known)]

    def score_again(self, told: Told, signals: Sequence[Signal], p: CoactionParams) -> Score | None:
        """The p of the weakest pair, under the rates that the record holds."""
        states: dict[Key, Sharers] = defaultdict(Sharers)
        for signal in signals:
            for key in self.keys(signal, p):
                if ":".join(key) in told.constants["object_q"]:
                    states[key].add(signal.account, signal.at, signal.id)
        newest = max((signal.at for signal in signals), default=0.0)
        parts = collect_since(states, newest - p.lookback_d * DAY_S, self.secret)
        return weakest_again(told, merge([parts]), p.settings())


def _objects(signal: Signal, p: CoactionParams) -> Iterator[Key]:
    """Platform-neutral object keys of one act."""
    listed = [Key(*item.split(":", 1)) for item in signal.objects if ":" in item]
    if signal.kind in ACTS or signal.kind == "site":
        yield from _written(signal, p)
    tags = [normalise.canonical_hashtag(value) for kind, value in listed if kind == "hashtag"]
    tags += [mention.value for mention in signal.mentions if mention.type == "hashtag"]
    yield from _hashtags([tag for tag in tags if tag])
    for kind, value in listed:
        if kind in OBJECT_TYPES and kind != "hashtag" and value:
            yield Key(kind, _canonical(kind, value))


def _written(signal: Signal, p: CoactionParams) -> Iterator[Key]:
    """Links and exact wording; what somebody asks an AI service is a prompt, not a share."""
    for url in signal.urls:
        yield Key("url", url)
        if p.domains:
            host = normalise.host_of(url)
            yield Key("domain", normalise.registrable_domain(host) or host)
    if len(signal.match_text) >= MIN_TEXT:
        yield Key("text", _digest(signal.match_text))


def _hashtags(tags: Sequence[str]) -> Iterator[Key]:
    """Each hashtag, and the sequence when it is long enough to be a fingerprint."""
    distinct = list(dict.fromkeys(tags))
    for tag in distinct:
        yield Key("hashtag", tag)
    if len(distinct) >= MIN_SEQUENCE:
        yield Key("hashtag-seq", _digest("\x1f".join(distinct)))


def _canonical(kind: str, value: str) -> str:
    """Wallets have several spellings; other values are the sender's own ids."""
    return (normalise.canonical_wallet(value) or value) if kind == "wallet" else value


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
