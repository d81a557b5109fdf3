"""D2: accounts that post one text with small changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from detectors.base import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    Condition,
    Detector,
    Family,
    FindingDraft,
    Key,
    Meta,
    Rescored,
    Signal,
    Tier,
    param,
)
from detectors.comparables import (
    Content,
    folded_plain,
    group_name,
    has_tokens,
    is_sketch,
    measure,
    measured,
    readable,
)
from detectors.emission import Link, counted, is_due, lasting, neighbour_links
from detectors.numbered import Numbered
from detectors.overrides import Need, ScopedParams, need_of
from detectors.text_clusters import (
    GUESTS,
    NO_PAIR,
    Bucket,
    Cluster,
    Sighting,
    forget_before,
    is_lone,
    is_owner,
    join,
    place,
    unfold,
)

MAX_ACCOUNTS = 1_000
FOR_EVER_S = 1e11
OPENING_ACCOUNTS = 3
SAMPLES = 5
TEXT_BAND = "text-band"
SKETCH_BAND = "sketch-band"
# One word in 30 changed, as 5-character pieces and as runs of 4 words tell it.
CLOSE_J = 0.9
CLOSE_SKETCH_J = 0.78
CLOSE_LLR = 3.0
LOOSE_LLR = 2.0


class Scale(NamedTuple):
    """Jaccard from which contents are one text, count as weaker variants, are close copies."""

    join: float
    weak: float
    close: float


class NearDuplicateParams(ScopedParams):
    """What makes two texts the same and how many accounts must post it."""

    j_alert: float = param(
        0.80,
        help="Texts with at least this share of common 5-character pieces count as one text",
        unit="Jaccard",
        ge=0.5,
        le=0.99,
        step=0.01,
        rebuild=True,
    )
    j_candidate: float = param(
        0.65,
        help="Texts between this and the alert value are counted as weaker variants, not named",
        unit="Jaccard",
        ge=0.3,
        le=0.99,
        step=0.01,
        rebuild=True,
    )
    j_sketch: float = param(
        0.60,
        help="Sketches hold runs of 4 words and count as one text from here: 1 word in 15 changed",
        unit="Jaccard",
        ge=0.3,
        le=0.99,
        step=0.01,
        rebuild=True,
    )
    min_accounts: int = param(
        3,
        help="Accounts that must post the text; with fewer than 3 a finding only supports others",
        unit="accounts",
        ge=2,
        le=100,
        step=1,
        overridable=True,
    )
    window_h: int = param(
        24,
        help="Time within which the accounts post; a found cluster grows until it rests so long",
        unit="hours",
        ge=1,
        le=720,
        step=1,
    )
    min_chars: int = param(
        40,
        help="Shorter texts are not compared; links and @names do not count",
        unit="characters",
        ge=10,
        le=1_000,
        step=5,
        rebuild=True,
    )
    min_tokens: int = param(
        6,
        help="Texts of fewer words are not compared; two Chinese characters count as one word",
        unit="words",
        ge=1,
        le=100,
        step=1,
        rebuild=True,
    )
    min_hashes: int = param(
        10,
        help="Sketches of fewer hashes are not compared; a text of 13 words makes 10",
        unit="hashes",
        ge=10,
        le=200,
        step=1,
        rebuild=True,
    )
    common_share: float = param(
        0.001,
        help="A text on more than this share of all accounts is a slogan or boilerplate",
        unit="share of accounts",
        ge=0.0001,
        le=0.1,
        step=0.0001,
    )
    common_floor: int = param(
        250,
        help="A text on up to so many accounts is never called common, in however small a world",
        unit="accounts",
        ge=20,
        le=MAX_ACCOUNTS,
        step=10,
    )
    population: int = param(
        100_000,
        help="Accounts that are active within the window, on all connected platforms together",
        unit="accounts",
        ge=100,
        le=10**9,
        step=100,
    )

    @cached_property
    def common_limit(self) -> int:
        """Accounts above which a text drops out; never more than a state may hold."""
        share = int(self.common_share * self.population)
        return min(MAX_ACCOUNTS, max(self.common_floor, share))

    @cached_property
    def guests(self) -> int:
        """Accounts that a band takes of pairs that another band owns: enough for any threshold."""
        return max(GUESTS, self.most("min_accounts"))

    def scale(self, content: Content) -> Scale:
        """What a Jaccard means; weaker variants of sketches keep the proportion that texts have."""
        return self._sketch_scale if is_sketch(content) else self._text_scale

    @cached_property
    def _sketch_scale(self) -> Scale:
        weak = self.j_sketch * self.j_candidate / self.j_alert
        return Scale(self.j_sketch, weak, CLOSE_SKETCH_J)

    @cached_property
    def _text_scale(self) -> Scale:
        return Scale(self.j_alert, self.j_candidate, CLOSE_J)


class NearDuplicateText(Detector[Bucket, NearDuplicateParams]):
    """State per LSH band. Each pair of contents is owned by the lowest band that it shares."""

    meta = Meta(
        slug="near-duplicate-text",
        title="Near-duplicate text",
        version=3,
        family=Family.CONTENT,
        kinds=("post", "reply", "message", "mail", "site"),
        lookback_s=DAY_S,
        lone_means_nothing=True,
        rescored=Rescored.FOLD,
        doc=(
            "Finds accounts that post one text with small changes, on any platform. Texts are "
            "folded (case, Unicode forms, look-alike letters; links and @names removed) and cut "
            "into pieces of 5 characters; MinHash bands propose matches and the exact share of "
            "common pieces confirms each. Raise j_alert when unrelated announcements from one "
            "form match; lower it when a campaign rewrites its sentences. Texts on very many "
            "accounts drop out: set `population` to the accounts that are really active. "
            "Where a signal has no text, or one too short, its sketches (`fingerprints`) are "
            "compared with those under the same key, at most two of a signal, never with texts. "
            "Paraphrase and translation are not seen."
        ),
        falsifiers=(
            "The text is a quotation, a petition, a slogan or a song that people copy themselves.",
            "A share button, an app or a form wrote the text for its users.",
            "The accounts belong to one newsroom or organisation that says so.",
        ),
        source=(
            "Broder 1997 (shingles, MinHash); Shrivastava 2017 (optimal densification); Pacheco et "
            "al. 2021 (networks of near copies). Ownership of pairs by bands is the project's own."
        ),
    )
    Params = NearDuplicateParams
    State = Bucket
    keys_read = ("min_chars", "min_hashes", "min_tokens")
    numbered = TEXT_BAND

    def prepare(self, signals: Sequence[Signal], p: NearDuplicateParams) -> None:
        """Texts are measured together."""
        texts = (
            folded_plain(signal.match_text) for signal in signals if signal.actor and signal.text
        )
        measure(text for text in texts if len(text) >= p.min_chars)

    def keys(self, signal: Signal, p: NearDuplicateParams) -> Iterable[Key]:
        if not signal.actor or not (signal.text or signal.fingerprints):
            return ()
        text = folded_plain(signal.match_text)
        if len(text) >= p.min_chars and has_tokens(text, p.min_tokens):
            return Numbered(TEXT_BAND, measured(text).numbers)
        found = readable(signal.fingerprints, p.min_hashes)
        return [Key(SKETCH_BAND, band) for one in found for band in measured(one).bands]

    def keep_s(self, key: Key, p: NearDuplicateParams) -> float:
        """Seconds for which an untouched key matters.

        Scored again: what a finding cites was known when it was made, whoever kept it so.
        """
        del key
        return FOR_EVER_S if self.every else float(p.window_h * HOUR_S)

    def apply(
        self, key: Key, signal: Signal, state: Bucket, p: NearDuplicateParams
    ) -> list[FindingDraft]:
        content = (
            folded_plain(signal.match_text) if key.type == TEXT_BAND else _sketch(signal, key, p)
        )
        if is_lone(state, content, signal, signal.at - self.keep_s(key, p)):
            return []
        unfold(state, key.value)
        scale = p.scale(content)
        cluster, j = place(state, content, signal.id, j_join=scale.join, j_weak=scale.weak)
        own = is_owner(key.value, content, cluster.root)
        seen = Sighting(signal.at, signal.id, j, own)
        horizon = signal.at - p.window_h * HOUR_S
        if not join(cluster, signal.account, seen, guests=p.guests, horizon=horizon):
            return []
        if len(cluster.accounts) > p.common_limit:
            return _dropped(cluster, key, p)
        if not (self._is_new(cluster, p, own=own) or (self.every and own and cluster.said)):
            return []
        cluster.said = len(cluster.accounts)
        draft = _draft(cluster, key, p, truncated=state.truncated)
        return [self._need(cluster, p).shown(draft)]

    def _is_new(self, cluster: Cluster, p: NearDuplicateParams, *, own: bool) -> bool:
        """Whether the account that just joined calls for a finding.

        A band speaks only when it owns some pair: copies of one text are told by the first band
        alone, variants by the lowest band that holds them together with the oldest text. Once it
        has spoken, accounts of pairs that another band owns are left to that band.
        """
        if not self._may_speak(cluster, p):
            return False
        if cluster.said:
            return own and is_due(len(cluster.accounts), cluster.said)
        forget_before(cluster, cluster.last_at - p.window_h * HOUR_S)
        return self._may_speak(cluster, p)

    def _may_speak(self, cluster: Cluster, p: NearDuplicateParams) -> bool:
        return cluster.owned and self._need(cluster, p).met

    def _need(self, cluster: Cluster, p: NearDuplicateParams) -> Need:
        cited = (one.signal_id for one in cluster.accounts.values())
        return need_of(p, "min_accounts", cluster.accounts, cited, self.tell)


def _sketch(signal: Signal, key: Key, p: NearDuplicateParams) -> Content:
    """The sketch that this signal puts into a band."""
    found = readable(signal.fingerprints, p.min_hashes)
    return next(one for one in found if key.value in measured(one).bands)


def _dropped(cluster: Cluster, key: Key, p: NearDuplicateParams) -> list[FindingDraft]:
    """The text turned out to be common: take back what was said and stay silent."""
    sentence = (
        f"More than {p.common_limit} accounts post this text: it is common and proves nothing"
    )
    draft = _draft(cluster, key, p, truncated=cluster.truncated)
    cluster.common = True
    cluster.accounts = {}
    return [replace(draft, lapsed=True, sentence=sentence)] if cluster.said else []


def _draft(cluster: Cluster, key: Key, p: NearDuplicateParams, *, truncated: bool) -> FindingDraft:
    names = sorted(cluster.accounts)
    seen = [cluster.accounts[name] for name in names]
    cited = {one.signal_id for one in seen}.union(signal_id for _, signal_id in cluster.texts)
    llr, links = _weights(seen, p.scale(cluster.root).close)
    first, last = min(one.at for one in seen), max(one.at for one in seen)
    values = _values(cluster, names, seen)
    return FindingDraft(
        anchor=_anchor(cluster, key),
        subjects=tuple(names),
        signal_ids=tuple(sorted(cited)),
        llr=llr,
        links=links,
        score=values["j_min"],
        sentence=_sentence(values, last - first),
        first_at=first,
        last_at=last,
        tier=Tier.OPENING if len(names) >= OPENING_ACCOUNTS else Tier.SUPPORTING,
        values=values,
        constants={"population": p.population, "common_limit": p.common_limit},
        conditions=(
            *_conditions(len(names), values["j_min"], p.scale(cluster.root).join, p),
            _size(cluster, p),
        ),
        flags=("truncated",) if truncated or cluster.truncated else (),
    )


def _anchor(cluster: Cluster, key: Key) -> Key:
    """The oldest text; a band that is not its first adds its own name, as it knows other pairs.

    Bands may begin with different variants. What stands before the first slash is the same for
    most of them, so that the fusion does not take the variants of one text for several texts.
    """
    root = cluster.root
    name = blake2b(root.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    value = f"{group_name(root)}/{name}"
    return Key("text", value if is_owner(key.value, root, root) else f"{value}/{key.value}")


def _weights(seen: list[Sighting], close_j: float) -> tuple[float, tuple[Link, ...]]:
    """LLR of the pairs of `seen`, and the pairs one by one where some are weaker."""
    close = [one.j == NO_PAIR or one.j >= close_j for one in seen]
    if all(close):
        return CLOSE_LLR, ()
    if sum(close) < 2:  # noqa: PLR2004 -- a pair needs two
        return LOOSE_LLR, ()
    ring = sorted(range(len(seen)), key=lambda place: not close[place])
    return CLOSE_LLR, neighbour_links(
        ring, lambda a, b: CLOSE_LLR if close[a] and close[b] else LOOSE_LLR
    )


def _values(cluster: Cluster, names: list[str], seen: list[Sighting]) -> dict[str, Any]:
    shares = [one.j for one in seen if one.j != NO_PAIR]
    at = [one.at for one in seen]
    return {
        "compared": "sketches" if is_sketch(cluster.root) else "texts",
        "accounts": len(names),
        "platforms": sorted({name.partition(":")[0] for name in names}),
        "texts": len(cluster.texts),
        **({} if is_sketch(cluster.root) else {"words_changed": cluster.words}),
        "minutes": round((max(at) - min(at)) / MINUTE_S, 1),
        "j_min": round(min(shares, default=1.0), 4),
        "j_max": round(max(shares, default=1.0), 4),
        "weaker_texts": cluster.weaker,
        "samples": [signal_id for _, signal_id in cluster.texts[:SAMPLES]],
    }


def _sentence(values: dict[str, Any], seconds: float) -> str:
    low, high = f"{values['j_min']:.2f}", f"{values['j_max']:.2f}"
    platforms = counted(len(values["platforms"]), "platform")
    parts = (
        f"{counted(values['accounts'], 'account')} on {platforms}",
        _words(values.get("words_changed")),
        lasting(seconds),
        f"J {low}" if low == high else f"J {low}-{high}",
    )
    return ", ".join(parts)


def _words(changed: int | None) -> str:
    if changed is None:
        return "sketches only (the desk has not seen the text)"
    return f"{counted(changed, 'word')} changed" if changed else "same words"


def _conditions(
    accounts: int, j: float, join_j: float, p: NearDuplicateParams
) -> tuple[Condition, ...]:
    least, most = p.min_accounts, p.common_limit
    return (
        Condition("accounts", accounts, ">=", least, "accounts", accounts >= least),
        Condition("lowest similarity", j, ">=", join_j, "Jaccard", j >= join_j),
        Condition("not common", accounts, "<=", most, "accounts", accounts <= most),
    )


def _size(cluster: Cluster, p: NearDuplicateParams) -> Condition:
    """The smallest of what was compared; little of it proves nothing."""
    if is_sketch(cluster.root):
        name, limit, unit = "smallest sketch", p.min_hashes, "hashes"
        size = min(len(measured(one).hashes) for one, _ in cluster.texts)
    else:
        name, limit, unit = "shortest text", p.min_chars, "characters"
        size = min(len(text) for text, _ in cluster.texts)
    return Condition(name, size, ">=", limit, unit, size >= limit)
