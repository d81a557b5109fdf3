"""The detector contract: what a rule declares, what it gets, what it returns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import repeat
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from detectors import normalise
from detectors.once import once
from detectors.schema import ActorProfile, Ai, SignalIn

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400
MAX_SIGNAL_IDS = 2_000
MAX_IDENTIFIERS = 10
PLACEHOLDERS = frozenset(
    {"-", "0", "0.0.0.0", "::", "n/a", "na", "nil", "none", "null", "undefined", "unknown"}  # noqa: S104 -- what senders write; nothing is bound
)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_OPAQUE = re.compile(r"[A-Za-z0-9_+/=:.-]{16,500}")


class Family(StrEnum):
    """Evidence families of the fusion; inside one the strongest finding counts, never the sum."""

    TIMING = "timing"
    CONTENT = "content"
    INFRA_HARD = "infra-hard"
    INFRA_SOFT = "infra-soft"
    IDENTITY = "identity"
    AI = "ai"
    BEHAVIOUR = "behaviour"
    LIST = "list"


class Tier(StrEnum):
    """What a finding may do: open a case with others, only support one, or be explained away."""

    OPENING = "opening"
    SUPPORTING = "supporting"
    EVENT_EXPLAINED = "event-explained"


class Rescored(StrEnum):
    """How a stored finding is scored again: from its own cited signals, or not at all.

    FOLD: a new engine folds them, and the finding comes out again. CONSTANTS: the detector takes
    population numbers from the record (`Detector.score_again`). POPULATION: it cannot be done.
    """

    FOLD = "fold"
    CONSTANTS = "constants"
    POPULATION = "population"


class Key(NamedTuple):
    """What a detector keeps state for: an object, an identifier, an account."""

    type: str
    value: str

    @classmethod
    def each(cls, kind: str, values: Iterable[str]) -> Iterator[Key]:
        """Keys of one type: for detectors with many, since no Python code runs for each."""
        return map(partial(tuple.__new__, cls), zip(repeat(kind), values, strict=False))

    def digest(self) -> int:
        """64 stable bits: the shard of a key must be the same in every process."""
        raw = f"{self.type}\x1f{self.value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big")


class Signal(msgspec.Struct, frozen=True, dict=True):
    """One stored signal as detectors see it; derived values are computed once and shared.

    at: event time, seconds since 1970; the time of receipt where the sender's clock runs more than
    five minutes ahead. received: time of receipt, 0 when unknown (files, tests).
    """

    id: int
    at: float
    platform: str
    kind: str
    actor: str = ""
    text: str = ""
    raw_urls: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    identifier_map: dict[str, str | list[str]] = {}
    source: int = 0
    received: float = 0.0
    profile: ActorProfile | None = None
    ai: Ai | None = None
    fingerprints: tuple[str, ...] = ()
    attributes: dict[str, Any] = {}

    @classmethod
    def of(cls, wire: SignalIn, number: int, received: float = 0.0) -> Signal:
        """A signal as it was sent, as the store would hand it out under the id `number`."""
        return cls(
            id=number,
            at=wire.occurred_at.timestamp(),
            received=received,
            platform=wire.platform,
            kind=wire.kind.value,
            actor=wire.actor,
            text=wire.text,
            raw_urls=wire.urls,
            objects=wire.objects,
            identifier_map=wire.identifiers,
            profile=wire.actor_profile,
            ai=wire.ai,
            fingerprints=wire.fingerprints,
            attributes=wire.attributes,
        )

    @once
    def place(self) -> tuple[float, int]:
        """Where it stands in order of time; one object, because every key of it keeps it."""
        return (self.at, self.id)

    @once
    def moment(self) -> float:
        """What the engine clock sees of it."""
        return min(self.at, self.received) if self.received else self.at

    @once
    def account(self) -> str:
        """`platform:actor`, or "" when nobody acted; a platform slug holds no colon."""
        return f"{self.platform}:{self.actor}" if self.actor else ""

    def identifiers(self, kind: str) -> tuple[str, ...]:
        """Values of one identifier type, canonical, each once, at most MAX_IDENTIFIERS.

        A value without a canonical form counts as it is where it looks like an HMAC: senders may
        hash addresses, e-mails and phones. Placeholders such as `unknown` are nobody's.
        """
        if kind not in self.identifier_map:
            return ()
        known = self._identifiers
        if kind not in known:
            raw = self.identifier_map[kind]
            values = ((raw,) if isinstance(raw, str) else raw)[:MAX_IDENTIFIERS]
            names = (_identifier(kind, value) for value in values)
            known[kind] = tuple(dict.fromkeys(name for name in names if name))
        return known[kind]

    @once
    def _identifiers(self) -> dict[str, tuple[str, ...]]:
        return {}

    @once
    def mentions(self) -> tuple[normalise.Mention, ...]:
        """Entities found in the text, in order."""
        return tuple(normalise.extract(self.text)) if self.text else ()

    @once
    def urls(self) -> tuple[str, ...]:
        """Canonical links: those the sender listed and those found in the text, each once."""
        listed = (normalise.canonical_url(url) for url in self.raw_urls)
        found = [mention.value for mention in self.mentions if mention.type == "url"]
        return tuple(dict.fromkeys([url for url in listed if url] + found))

    @once
    def match_text(self) -> str:
        """The text folded for comparison."""
        return normalise.match_text(self.text)


class BaseParams(BaseModel):
    """What an admin may tune. Frozen: a change is a new configuration, never a mutation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        """JSON in the database holds neither U+0000 nor half a surrogate pair."""
        if isinstance(value, str) and _UNSTORABLE.search(value):
            message = "there is a character that cannot be stored"
            raise ValueError(message)
        return value

    @classmethod
    def tunable(cls) -> dict[str, FieldInfo]:
        """The values that `param` made, one by one."""
        return {
            name: info
            for name, info in cls.model_fields.items()
            if isinstance(info.json_schema_extra, dict) and "unit" in info.json_schema_extra
        }

    def digest(self) -> str:
        """Short stable name of these values."""
        canonical = msgspec.json.encode(self.model_dump(mode="json"), order="sorted")
        return blake2b(canonical, digest_size=8).hexdigest()


def param(
    default: Any,
    *,
    help: str,
    unit: str,
    ge: float | None = None,
    le: float | None = None,
    step: float | None = None,
    rebuild: bool = False,
    overridable: bool = False,
) -> Any:
    """A tunable value with bounds, unit and step, which reach form, REST schema and docs.

    rebuild: whether a change makes the kept state wrong, so that it must be replayed.
    overridable: whether it says how many accounts a finding needs, and is asked for that through
    `overrides.need_of` only, so that it may be another number on one platform or from one source.
    """
    extra: JsonDict = {"unit": unit, "step": step, "rebuild": rebuild}
    if overridable:
        extra["overridable"] = True
    return Field(default, ge=ge, le=le, description=help, json_schema_extra=extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """The fixed facts of a detector."""

    slug: str
    title: str
    version: int
    family: Family
    kinds: tuple[str, ...] = ()
    """Signal kinds it reads; empty: all."""
    lookback_s: int = 7 * DAY_S
    tick_s: int = 0
    """Distance of ticks on the engine clock. A detector finds either at ticks or, with 0 here, in
    `apply`; what it finds at ticks replaces what it found at the tick before."""
    lone_means_nothing: bool = False
    """Whether a key that a single signal touched says nothing yet. The engine keeps no state for
    such a key, and calls `apply` with its first signal when a second one comes."""
    rescored: Rescored = Rescored.POPULATION
    needs: tuple[str, ...] = ()
    """Optional packages of PyPI; where one is not installed the detector finds nothing."""
    doc: str
    """One paragraph for the person who tunes it."""
    falsifiers: tuple[str, ...]
    """What would make a finding false; printed with each one."""
    source: str
    """Where the method comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingDraft:
    """What a detector says. The engine adds identity, version, position and stores it.

    anchor: what the finding is about; the same anchor again is a new revision of the same finding.
    subjects: accounts as `platform:actor`, sorted. links: pairs (index, index, llr) into subjects
    where not every pair of subjects is linked; empty: all pairs are, with `llr`.
    signal_ids: evidence; more than MAX_SIGNAL_IDS are sampled and counted in `signal_total`.
    values: the numbers behind the sentence. constants: population numbers that were used, so that
    the score can be computed again from the record and the cited signals alone.
    """

    anchor: Key
    subjects: tuple[str, ...]
    signal_ids: tuple[int, ...]
    llr: float
    sentence: str
    first_at: float
    last_at: float
    tier: Tier = Tier.SUPPORTING
    family: Family | None = None
    links: tuple[tuple[int, int, float], ...] = ()
    score: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    signal_total: int = 0
    flags: tuple[str, ...] = ()
    lapsed: bool = False


class Told(NamedTuple):
    """What is stored with a finding and needed to score it again."""

    anchor: Key
    subjects: tuple[str, ...]
    values: Mapping[str, Any]
    constants: Mapping[str, Any]


class Score(NamedTuple):
    """What a finding claims: its score, the weight of its pairs, and about whom."""

    score: float | None
    llr: float
    subjects: tuple[str, ...]


class Condition(msgspec.Struct, frozen=True):
    """One evaluated condition: what was compared, so that a person can check it."""

    name: str
    value: float
    op: str
    limit: float
    unit: str
    met: bool


@lru_cache(maxsize=16_384)
def _identifier(kind: str, value: str) -> str:
    """The canonical value; what looks like an HMAC as it is; nothing for a placeholder."""
    name = normalise.canonical(kind, value) or (value if _OPAQUE.fullmatch(value) else "")
    return "" if name in PLACEHOLDERS else name


Tell = Callable[[Iterable[int]], Iterable[tuple[str, str]]]
"""Signals by id -> account and slug of the source of each; those that are gone are left out."""


def nobody(ids: Iterable[int]) -> Iterable[tuple[str, str]]:
    """Where it is not known who sent what."""
    del ids
    return ()


StateT = TypeVar("StateT", bound=msgspec.Struct)
StateT_contra = TypeVar("StateT_contra", bound=msgspec.Struct, contravariant=True)
ParamsT = TypeVar("ParamsT", bound=BaseParams)


class Standing(Protocol[StateT_contra]):
    """What ticks read of the states of one shard, kept up to date from one to the next.

    For detectors with so many states that going over all of them at each tick is most of the work.
    It follows from the states alone, so that it is in no checkpoint: after a restart it is made of
    them anew, and every tick finds the same.
    """

    def took(self, key: Key, signal: Signal, state: StateT_contra) -> None:
        """`apply` folded this signal into this state."""

    def dropped(self, keys: Sequence[Key]) -> None:
        """These keys have no state any more."""

    def begin(self, states: Mapping[Key, StateT_contra]) -> None:
        """Forget what was kept; these are the states."""

    def part(self, clock: float, states: Mapping[Key, StateT_contra]) -> Any:
        """What makes `tick` find the same as `Detector.part` does. The clock never goes back."""


class Detector(Generic[StateT, ParamsT]):
    """A rule: pure, deterministic, one file.

    The engine owns order, clock, shards, expiry, checkpoints and transactions. It calls `apply`
    once per (signal, key) as signals come, so that any batching gives the same findings, and for a
    key that a signal reached late once more in order of time, from an earlier state. A key that
    was not touched for `keep_s` begins anew unless `retire` keeps it. An anchor belongs to one key.
    A detector that finds at ticks keeps a state that is the same for any order of signals. `State`
    is made with no arguments.

    secret: the deployment's key for samples that nobody outside can predict. every: say what holds
    after each signal, not only what is news; for scoring findings again. tell: who sent signals,
    for settings that differ by source.
    """

    meta: ClassVar[Meta]
    Params: ClassVar[type[BaseParams]]
    State: ClassVar[type[msgspec.Struct]]
    keys_read: ClassVar[tuple[str, ...] | None] = None
    """All parameters that `prepare` and `keys` read, where that is known: settings that agree in
    them may share the keys that one of them found."""

    numbered: ClassVar[str] = ""
    """Type of the keys that `keys` gives as `numbered.Numbered`, where it has many for a signal and
    `lone_means_nothing`: their values are 64-bit numbers in 16 hexadecimal digits."""

    def __init__(self, secret: bytes = b"", *, every: bool = False, tell: Tell = nobody) -> None:
        self.secret = secret
        self.every = every
        self.tell = tell

    def prepare(self, signals: Sequence[Signal], p: ParamsT) -> None:
        """Called with signals whose keys are asked for next: what is cheaper for many than for one
        may be computed and kept here. Nothing else may depend on it.
        """

    def keys(self, signal: Signal, p: ParamsT) -> Iterable[Key]:
        """Keys whose state this signal touches; pure in (signal, p)."""
        raise NotImplementedError

    def keep_s(self, key: Key, p: ParamsT) -> float:
        """Seconds after which an untouched key is dropped; never more than `lookback_s`.

        The same for all keys of one type: it is asked once for each.
        """
        del key, p
        return float(self.meta.lookback_s)

    def retire(self, key: Key, state: StateT, idle_s: float, p: ParamsT) -> bool:
        """Whether a key that nobody touched for `keep_s` goes; asked at every sweep from then on.

        A detector that must remember a part for longer empties the rest and says False.
        """
        del key, state, idle_s, p
        return True

    def apply(self, key: Key, signal: Signal, state: StateT, p: ParamsT) -> list[FindingDraft]:
        """Fold one signal into `state` in place; return what it brought to light, without ticks."""
        raise NotImplementedError

    def matters(self, state: StateT) -> bool:
        """Whether a tick has to look at a key in this state; asked whenever the key is touched.

        With few keys that matter among millions, `part` gets those few alone.
        """
        del state
        return True

    def part(self, clock: float, states: Mapping[Key, StateT], p: ParamsT) -> Any:
        """What one shard gives to a tick: plain data that msgspec can encode. Map step."""
        raise NotImplementedError

    def standing(self, p: ParamsT) -> Standing[StateT] | None:
        """What gives the same as `part` without a look at all states, where they are many."""
        del p
        return None

    def reads(self, clock: float, parts: Sequence[Any], p: ParamsT) -> Sequence[int]:
        """Ids of the signals that a tick has to read again, so that no state keeps what they say.

        As few as possible: one tick reads them all at once.
        """
        del clock, parts, p
        return ()

    def tick(self, clock: float, parts: Sequence[Any], p: ParamsT) -> list[FindingDraft]:
        """All findings that hold at `clock`, from the parts of all shards. Reduce step.

        What held at the tick before and is not returned again becomes lapsed.
        """
        raise NotImplementedError

    def tick_with(
        self, clock: float, parts: Sequence[Any], signals: Mapping[int, Signal], p: ParamsT
    ) -> list[FindingDraft]:
        """`tick` for a detector that reads signals again; those that were purged are missing."""
        del signals
        return self.tick(clock, parts, p)

    def score_again(self, told: Told, signals: Sequence[Signal], p: ParamsT) -> Score | None:
        """The score of a finding from its record and its cited signals in order of time.

        None when they do not make it any more. Only for detectors of `Rescored.CONSTANTS`.
        """
        raise NotImplementedError
