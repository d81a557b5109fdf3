"""Clusters of near copies inside one LSH band: who posted them and how close they are."""

from __future__ import annotations

import msgspec

from detectors.base import Signal
from detectors.comparables import Content, lowest_shared, similarity, words_changed

MAX_CLUSTERS = 8
MAX_TEXTS = 8
GUESTS = 50
NO_PAIR = -1.0


class Sighting(msgspec.Struct, array_like=True):
    """A post of one account; j: Jaccard to the closest text known before, -1 for none.

    own: the pair of its text and the oldest one belongs to this band.
    """

    at: float
    signal_id: int
    j: float
    own: bool = False


class Cluster(msgspec.Struct, array_like=True):
    """Texts that hang together. texts: (content, first signal), oldest first.

    owned: some account is here because of a pair of texts that belongs to this band.
    said: accounts at the last emission. common: too widespread to mean anything.
    """

    texts: list[tuple[Content, int]]
    accounts: dict[str, Sighting]
    last_at: float
    owned: bool = False
    words: int = 0
    weaker: int = 0
    said: int = 0
    common: bool = False
    truncated: bool = False

    @property
    def root(self) -> Content:
        return self.texts[0][0]


class Bucket(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    """Texts that agree in all rows of one band.

    Most buckets never see a second account, so the first post stands here in plain values that the
    garbage collector need not walk (half of the run time otherwise); with the second one it
    becomes the first of `clusters`, oldest first.
    """

    content: Content = Content("")
    account: str = ""
    at: float = 0.0
    signal_id: int = 0
    clusters: list[Cluster] | None = None
    truncated: bool = False


def is_owner(band: str, content: Content, other: Content) -> bool:
    """Whether `band` is the lowest in which two contents agree.

    Of all bands that know both only this one speaks about the pair.
    """
    return lowest_shared(content, other) == band


def is_lone(bucket: Bucket, content: Content, signal: Signal, horizon: float) -> bool:
    """Take a post into a bucket that is empty or knows one account only; whether it still does.

    Of the same post again the newest counts. What rested since before `horizon` is forgotten.
    """
    if bucket.clusters:
        bucket.clusters = [one for one in bucket.clusters if one.last_at >= horizon] or None
        if bucket.clusters:
            return False
    repeats = bucket.content == content and bucket.account == signal.account
    if bucket.content and not repeats and bucket.at >= horizon:
        return False
    bucket.content, bucket.account = content, signal.account
    bucket.at, bucket.signal_id = signal.at, signal.id
    return True


def unfold(bucket: Bucket, band: str) -> None:
    """Make the lone post of a band the first cluster."""
    if bucket.content:
        home = is_owner(band, bucket.content, bucket.content)
        first = Sighting(bucket.at, bucket.signal_id, NO_PAIR, home)
        cluster = Cluster(
            [(bucket.content, bucket.signal_id)], {bucket.account: first}, bucket.at, home
        )
        bucket.clusters = [cluster]
        bucket.content, bucket.account = Content(""), ""


def place(
    bucket: Bucket, content: Content, signal_id: int, *, j_join: float, j_weak: float
) -> tuple[Cluster, float]:
    """The cluster a content belongs to, made when there is none, and J to the closest one known.

    The oldest cluster with one at J >= `j_join` wins; clusters are never merged, so their
    anchors stay. `j_weak` <= J < `j_join` is counted only.
    """
    clusters = bucket.clusters or []
    for cluster in clusters:
        for known, _ in cluster.texts:
            if known == content:
                return cluster, 1.0
    for cluster in clusters:
        j = max(similarity(content, known) for known, _ in cluster.texts)
        if j >= j_join:
            _remember(cluster, content, signal_id)
            return cluster, j
        if j >= j_weak:
            cluster.weaker += 1
    return _started(bucket, content, signal_id), NO_PAIR


def join(cluster: Cluster, account: str, seen: Sighting, *, guests: int, horizon: float) -> bool:
    """Note who posted; whether that can change what the cluster says.

    Before it has spoken the newest post of an account counts, one that this band owns before all
    others since `horizon`; from then on the one that it was told by. Bands that do not own the pair
    take only `guests` accounts: enough to see a threshold crossed.
    """
    cluster.last_at = max(cluster.last_at, seen.at)
    known = cluster.accounts.get(account)
    if cluster.common or (cluster.said if known else _is_full(cluster, seen, guests)):
        return False
    if known is None or seen.own or not known.own or known.at < horizon:
        cluster.accounts[account] = seen
        cluster.owned = seen.own or (cluster.owned and _is_owned(cluster))
    return True


def forget_before(cluster: Cluster, horizon: float) -> None:
    """Drop accounts whose post is older than `horizon`, and what the band owned by them."""
    if any(one.at < horizon for one in cluster.accounts.values()):
        kept = {name: one for name, one in cluster.accounts.items() if one.at >= horizon}
        cluster.accounts = kept
        cluster.owned = _is_owned(cluster)


def _is_full(cluster: Cluster, seen: Sighting, guests: int) -> bool:
    return not seen.own and len(cluster.accounts) >= guests


def _is_owned(cluster: Cluster) -> bool:
    return any(one.own for one in cluster.accounts.values())


def _remember(cluster: Cluster, content: Content, signal_id: int) -> None:
    cluster.words = max(cluster.words, words_changed(cluster.root, content))
    if len(cluster.texts) < MAX_TEXTS:
        cluster.texts.append((content, signal_id))
    else:
        cluster.truncated = True


def _started(bucket: Bucket, content: Content, signal_id: int) -> Cluster:
    clusters = bucket.clusters or []
    if len(clusters) >= MAX_CLUSTERS:
        bucket.truncated = True
        # one that said nothing yet goes first, then the one that rests longest
        clusters.remove(min(clusters, key=lambda one: (one.said > 0, one.last_at)))
    cluster = Cluster(texts=[(content, signal_id)], accounts={}, last_at=float("-inf"))
    bucket.clusters = [*clusters, cluster]
    return cluster
