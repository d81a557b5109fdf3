"""Clusters of similar texts inside one LSH band: who posted them and how close they are."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

import msgspec

from detectors import minhash, normalise
from detectors.base import Signal

MAX_CLUSTERS = 8
MAX_TEXTS = 8
GUESTS = 50
NO_PAIR = -1.0
_CACHED = 2_048
_LINK_OR_NAME = re.compile(r"(?:https?|h[x*]{2}ps?)://\S+|(?<![\w@])@[\w.]+")
# Scripts written without spaces: two characters are about one word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Sighting(msgspec.Struct, array_like=True):
    """First post of one account; j: Jaccard to the closest text known before, -1 for none."""

    at: float
    signal_id: int
    j: float


class Cluster(msgspec.Struct, array_like=True):
    """Texts that hang together. texts: (folded text, first signal), oldest first.

    owned: some account is here because of a pair of texts that belongs to this band.
    said: accounts at the last emission. common: too widespread to mean anything.
    """

    texts: list[tuple[str, int]]
    accounts: dict[str, Sighting]
    last_at: float
    owned: bool = False
    words: int = 0
    weaker: int = 0
    said: int = 0
    common: bool = False
    truncated: bool = False

    @property
    def root(self) -> str:
        return self.texts[0][0]


class Bucket(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    """Texts that agree in all rows of one band.

    Most buckets never see a second account, so the first post stands here in plain values that the
    garbage collector need not walk (half of the run time otherwise); with the second one it
    becomes the first of `clusters`, oldest first.
    """

    text: str = ""
    account: str = ""
    at: float = 0.0
    signal_id: int = 0
    clusters: list[Cluster] | None = None
    truncated: bool = False


@lru_cache(maxsize=_CACHED)
def folded(text: str) -> str:
    """The text that is compared: no links, no @names, look-alike letters made one.

    A manual share (`RT @name ...`) is the platform's own copy and becomes empty.
    """
    plain = normalise.match_text(text)
    if plain.startswith("rt @"):
        return ""
    words = " ".join(_LINK_OR_NAME.sub(" ", plain).split())
    return normalise.skeleton(words)[: minhash.MAX_CHARS]


def has_tokens(text: str, least: int) -> bool:
    """Whether a text has at least so many words."""
    spaced = text.count(" ") + 1
    return spaced >= least or spaced + len(_UNSPACED.findall(text)) // 2 >= least


def is_owner(band: str, text: str, other: str) -> bool:
    """Whether `band` is the lowest in which two texts agree.

    Of all bands that know both texts only this one speaks about the pair.
    """
    return _lowest_shared(text, other) == band


def words_changed(text: str, other: str) -> int:
    """Words to put in or to take out, whichever is more; the order of words does not count."""
    one, two = Counter(text.split()), Counter(other.split())
    return max((one - two).total(), (two - one).total())


def is_lone(bucket: Bucket, text: str, signal: Signal, horizon: float) -> bool:
    """Take a post into a bucket that is empty or knows one account only; whether it still does.

    What rested since before `horizon` is forgotten.
    """
    if bucket.clusters:
        bucket.clusters = [one for one in bucket.clusters if one.last_at >= horizon] or None
        if bucket.clusters:
            return False
    if not bucket.text or bucket.at < horizon:
        bucket.text, bucket.account = text, signal.account
        bucket.at, bucket.signal_id = signal.at, signal.id
        return True
    return bucket.text == text and bucket.account == signal.account


def unfold(bucket: Bucket, band: str) -> None:
    """Make the lone post of a band the first cluster."""
    if bucket.text:
        home = is_owner(band, bucket.text, bucket.text)
        first = Sighting(bucket.at, bucket.signal_id, NO_PAIR)
        cluster = Cluster(
            [(bucket.text, bucket.signal_id)], {bucket.account: first}, bucket.at, home
        )
        bucket.clusters = [cluster]
        bucket.text = bucket.account = ""


def place(
    bucket: Bucket, text: str, signal_id: int, *, j_join: float, j_weak: float
) -> tuple[Cluster, float]:
    """The cluster a text belongs to, made when there is none, and J to its closest known text.

    The oldest cluster with a text at J >= `j_join` wins; clusters are never merged, so their
    anchors stay. `j_weak` <= J < `j_join` is counted only.
    """
    clusters = bucket.clusters or []
    for cluster in clusters:
        for known, _ in cluster.texts:
            if known == text:
                return cluster, 1.0
    for cluster in clusters:
        j = max(minhash.similarity(text, known) for known, _ in cluster.texts)
        if j >= j_join:
            _remember(cluster, text, signal_id)
            return cluster, j
        if j >= j_weak:
            cluster.weaker += 1
    return _started(bucket, text, signal_id), NO_PAIR


def join(cluster: Cluster, account: str, seen: Sighting, *, own: bool, guests: int) -> bool:
    """Note who posted; whether the account is new here.

    own: whether this band owns the pair of the text and the cluster's oldest one. Other bands
    take only `guests` accounts: enough to see a threshold crossed.
    """
    cluster.last_at = max(cluster.last_at, seen.at)
    if (
        cluster.common
        or account in cluster.accounts
        or (not own and len(cluster.accounts) >= guests)
    ):
        return False
    cluster.accounts[account] = seen
    cluster.owned |= own
    return True


def forget_before(cluster: Cluster, horizon: float) -> None:
    """Drop accounts whose post is older than `horizon`."""
    if any(one.at < horizon for one in cluster.accounts.values()):
        kept = {name: one for name, one in cluster.accounts.items() if one.at >= horizon}
        cluster.accounts = kept


@lru_cache(maxsize=_CACHED)
def _lowest_shared(text: str, other: str) -> str:
    pairs = zip(minhash.sketch(text).bands, minhash.sketch(other).bands, strict=True)
    return next((one for one, two in pairs if one == two), "")


def _remember(cluster: Cluster, text: str, signal_id: int) -> None:
    cluster.words = max(cluster.words, words_changed(cluster.root, text))
    if len(cluster.texts) < MAX_TEXTS:
        cluster.texts.append((text, signal_id))
    else:
        cluster.truncated = True


def _started(bucket: Bucket, text: str, signal_id: int) -> Cluster:
    clusters = bucket.clusters or []
    if len(clusters) >= MAX_CLUSTERS:
        bucket.truncated = True
        # one that said nothing yet goes first, then the one that rests longest
        clusters.remove(min(clusters, key=lambda one: (one.said > 0, one.last_at)))
    cluster = Cluster(texts=[(text, signal_id)], accounts={}, last_at=float("-inf"))
    bucket.clusters = [*clusters, cluster]
    return cluster
