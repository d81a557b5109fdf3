"""D3: accounts that use one picture, in posts or as their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import field_validator

from detectors.base import (
    DAY_S,
    MINUTE_S,
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
from detectors.overrides import ScopedParams, enough, need_of
from detectors.pictures.findings import (
    LLR,
    MAX_PICTURES,
    Limits,
    Picture,
    Seen,
    findings,
    groups_of,
    newest_of,
    spread,
    uses_of,
)
from detectors.pictures.hashes import distance, is_telling, pictures_of
from detectors.synchrony.sharers import MAX_ACCOUNTS, Sharers, sample

MAX_STOCK = 500
_NAME = len("pdq-")


class Part(msgspec.Struct, array_like=True, frozen=True):
    """What one shard gives to a tick."""

    pictures: list[Picture]
    truncated: bool


class MediaReuseParams(ScopedParams):
    """How alike two pictures must be, on how many accounts, and when they are everybody's."""

    distance: int = param(
        31,
        help="Bits of 256 in which two copies may differ; above 31 some copies are missed",
        unit="bits",
        ge=0,
        le=63,
        step=1,
    )
    quality: int = param(
        50,
        help="Pictures of a lower quality (attributes `quality`, `avatar_quality`) do not count",
        unit="of 100",
        ge=0,
        le=100,
        step=5,
        rebuild=True,
    )
    min_accounts: int = param(
        3,
        help="Accounts that use the picture; with fewer than 3 a finding only supports others",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
        overridable=True,
    )
    lookback_d: int = param(
        7, help="Time within which the accounts use it", unit="d", ge=1, le=30, step=1, rebuild=True
    )
    common_share: float = param(
        0.001,
        help="A picture on more than this share of all accounts is a default or a meme",
        unit="share of accounts",
        ge=0.0001,
        le=0.1,
        step=0.0001,
    )
    common_floor: int = param(
        100,
        help="A picture on up to so many accounts is never called common, in however small a world",
        unit="accounts",
        ge=20,
        le=MAX_ACCOUNTS // 2,
        step=10,
    )
    population: int = param(
        100_000,
        help="Accounts that are active within the lookback, on all connected platforms together",
        unit="accounts",
        ge=100,
        le=10**9,
        step=100,
    )
    stock: tuple[str, ...] = param(
        (),
        help="PDQ hashes, 64 hex digits each, of pictures that mean nothing, nor do their copies",
        unit="hashes",
    )

    @field_validator("stock")
    @classmethod
    def _readable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not is_telling(one):
                message = f"no PDQ hash of a picture: {one[:80]!r}; it has 64 digits of 0-9 a-f"
                raise ValueError(message)
        if len(value) > MAX_STOCK:
            message = f"at most {MAX_STOCK} stock pictures"
            raise ValueError(message)
        return value

    @property
    def limits(self) -> Limits:
        """The numbers of a finding; a picture is never common above what a state may hold."""
        share = int(self.common_share * self.population)
        common = min(MAX_ACCOUNTS // 2, max(self.common_floor, share))
        return Limits(self.distance, self.least("min_accounts"), common)


class MediaReuse(Detector[Sharers, MediaReuseParams]):
    """Keys are exact hashes; the tick brings those together that differ in a few bits."""

    meta = Meta(
        slug="media-reuse",
        title="Reused picture",
        version=1,
        family=Family.CONTENT,
        lookback_s=30 * DAY_S,
        tick_s=15 * MINUTE_S,
        rescored=Rescored.CONSTANTS,
        doc=(
            "Finds accounts that post one picture, or show it as their own, on any platform. "
            "Pictures come as PDQ hashes: objects `media:pdq-` with 64 hex digits in posts, "
            "replies, messages, mails and sites, and `avatar_pdq` of the profile; the desk never "
            "sees the picture. Copies that were scaled, pressed or marked differ in a few of 256 "
            "bits and count as one with the oldest of them. Attributes `quality` and "
            "`avatar_quality` (0 to 100, as PDQ tells them) keep blurred pictures out; without "
            "them a hash with fewer than 64 or more than 192 bits set is a plain area and does "
            "not count. Pictures on very many accounts drop out: set `population` to the accounts "
            "that are really active, and name default avatars and well-known memes in `stock`. "
            f"Of more than {MAX_PICTURES:,} different pictures the newest are compared. Reposts, "
            "reactions and reports show pictures of others and are not read."
        ),
        falsifiers=(
            "The picture is a default avatar, a meme, a logo or a flag that people like to use.",
            "A stock photo or a press agency's picture that many may use.",
            "One person or organisation runs the accounts openly.",
        ),
        source=(
            "PDQ: Facebook 2019, with its limits for distance and quality; chunks as in Norouzi, "
            "Punjani and Fleet 2012 (multi-index hashing). The groups are the project's own."
        ),
    )
    Params = MediaReuseParams
    State = Sharers

    def keys(self, signal: Signal, p: MediaReuseParams) -> Iterable[Key]:
        if not signal.actor:
            return ()
        return [Key("media", f"pdq-{name}") for name in pictures_of(signal, p.quality)]

    def keep_s(self, key: Key, p: MediaReuseParams) -> float:
        """A picture matters as long as its last use is looked back at."""
        del key
        return float(p.lookback_d * DAY_S)

    def apply(
        self, key: Key, signal: Signal, state: Sharers, p: MediaReuseParams
    ) -> list[FindingDraft]:
        """Only remembers; what is a copy of what is a question over many pictures."""
        state.add(signal.account, signal.at, signal.id)
        if len(state.shares) > 2 * MAX_ACCOUNTS:
            state.trim(self.secret)
        return []

    def part(self, clock: float, states: Mapping[Key, Sharers], p: MediaReuseParams) -> Part:
        """Pictures of this shard that were used inside the lookback."""
        since = clock - p.lookback_d * DAY_S
        used = (
            self._picture(key.value[_NAME:], state, since)
            for key, state in states.items()
            if state.newest >= since
        )
        # of one account and day the first use is kept: the newest of all may be a later one
        live = [one for one in used if one.uses]
        return Part(newest_of(live), len(live) > MAX_PICTURES)

    def tick(self, clock: float, parts: Sequence[Any], p: MediaReuseParams) -> list[FindingDraft]:
        """One finding for each picture that enough accounts use."""
        read = [msgspec.convert(part, type=Part) for part in parts]
        pictures = [one for part in read for one in part.pictures]
        cut = len(pictures) > MAX_PICTURES or any(part.truncated for part in read)
        groups, missed = groups_of(newest_of(pictures), p.stock, p.distance)
        found = findings(groups, p.limits, p.population, truncated=cut or missed)
        return list(enough(p, "min_accounts", found, self.tell, "accounts"))

    def score_again(
        self, told: Told, signals: Sequence[Signal], p: MediaReuseParams
    ) -> Score | None:
        """The largest distance from the oldest picture, which the anchor names."""
        root = told.anchor.value[_NAME:]
        pictures: dict[str, dict[str, Seen]] = {}
        for signal in signals:
            for name in pictures_of(signal, p.quality) if signal.account in told.subjects else ():
                if distance(root, name) <= p.distance:
                    first = pictures.setdefault(name, {})
                    first[signal.account] = min(
                        signal.place, first.get(signal.account, signal.place)
                    )
        uses = uses_of(root, pictures)
        cited = (use.signal_id for use in uses.values())
        need = need_of(p, "min_accounts", uses, cited, self.tell)
        if not need.met or root not in pictures:
            return None
        return Score(float(spread(uses)[1]), LLR, tuple(uses))

    def _picture(self, name: str, state: Sharers, since: float) -> Picture:
        uses, sampled = state.first_since(since), state.sampled
        if len(uses) > MAX_ACCOUNTS:
            uses = {account: uses[account] for account in sample([*uses], self.secret)}
            sampled = True
        return Picture(name, uses, state.newest, sampled)
