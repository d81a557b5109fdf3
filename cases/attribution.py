"""Which AI service and model wrote what a case rests on, and what speaks against it. Pure.

Unattributed by default: a text counts for a service only if all that is known of it agrees. No
detector reads this, so a case opens the same when nobody names any service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

SHOWN: Final = 8
LINES: Final = 3
MILLE: Final = 1_000
AI: Final = "ai."
NOTHING: Final = "nothing says whether a model wrote it, or which"
UNNAMED: Final = "an AI service reports it and names nobody"


class Maker(NamedTuple):
    """An AI service and one of its models, in small letters; empty: not named."""

    provider: str = ""
    model: str = ""

    def __str__(self) -> str:
        return f"{self.provider or 'service not named'}, {self.model or 'model not named'}"


class Text(NamedTuple):
    """A signal that somebody may have had written. named: by whom, as its sender says."""

    signal: int
    account: str
    kind: str
    named: Maker


class Taken(NamedTuple):
    """share: of a text that stands in an output, 0..1."""

    output: int
    share: float


class Line(NamedTuple):
    """One piece of evidence. output: the signal whose output the text was compared with."""

    signal: int
    account: str
    words: str
    output: int | None = None


@dataclass(slots=True)
class Share:
    """What counts for one maker, or for nobody. percent: to a tenth; all of them add up to 100.

    texts: how many count for it. pro, contra: the first few lines of how many.
    """

    maker: Maker
    texts: int = 0
    percent: float = 0.0
    pro: list[Line] = field(default_factory=list)
    contra: list[Line] = field(default_factory=list)
    pro_total: int = 0
    contra_total: int = 0

    @property
    def label(self) -> str:
        """The maker in words."""
        return str(self.maker)


@dataclass(frozen=True, slots=True)
class Attribution:
    """All texts of a case by who wrote them. others: makers beyond the first few, together."""

    total: int
    makers: list[Share]
    others: Share
    other_total: int
    unknown: Share


class _Claim(NamedTuple):
    """Who wrote a text, by one voice, and how that voice is told of."""

    maker: Maker
    words: str
    output: int | None


def maker_of(told: object) -> Maker:
    """The service and model in the `ai` of a signal, as far as they are named."""
    if not isinstance(told, Mapping):
        return Maker()
    names = (told.get(name) for name in Maker._fields)
    return Maker(
        *(" ".join(one.split()).casefold() if isinstance(one, str) else "" for one in names)
    )


def attribution_of(texts: Sequence[Text], taken: Mapping[int, Taken]) -> Attribution:
    """Count each text for the one who wrote it by all accounts, else for nobody.

    taken: text -> the output that holds most of it, where one was found.
    """
    named = {text.signal: text.named for text in texts}
    shares: dict[Maker, Share] = {}
    doubts: list[tuple[int, Line]] = []
    for text in texts:
        claims = list(_claims(text, named, taken.get(text.signal)))
        agreed = _agreed([claim.maker for claim in claims])
        if agreed is None:
            doubts.append(_doubt(text, claims, taken.get(text.signal)))
        else:
            shares.setdefault(agreed, Share(agreed)).texts += 1
        for maker in dict.fromkeys([*(claim.maker for claim in claims), *filter(None, [agreed])]):
            _weigh(shares.setdefault(maker, Share(maker)), text, claims)
    unknown = Share(Maker(), len(doubts), pro_total=len(doubts))
    unknown.pro = [line for _, line in sorted(doubts, key=lambda one: one[0])[:LINES]]
    ordered = sorted(shares.values(), key=lambda one: (-one.texts, -one.pro_total, one.maker))
    _give_percents([unknown, *ordered])
    return Attribution(
        total=len(texts),
        makers=ordered[:SHOWN],
        others=_together(ordered[SHOWN:]),
        other_total=len(ordered[SHOWN:]),
        unknown=unknown,
    )


def _claims(text: Text, named: Mapping[int, Maker], taken: Taken | None) -> Iterable[_Claim]:
    if any(text.named):
        yield _Claim(text.named, f"its sender names {text.named}", None)
    if taken is not None and any(maker := named.get(taken.output, Maker())):
        yield _Claim(maker, f"{_stands(taken)} of {maker}", taken.output)


def _weigh(share: Share, text: Text, claims: Sequence[_Claim]) -> None:
    """Note which claims on a text speak for this maker, and which against it."""
    pro = [_line(text, one) for one in claims if _agree(share.maker, one.maker)]
    contra = [_line(text, one) for one in claims if not _agree(share.maker, one.maker)]
    share.pro_total += len(pro)
    share.contra_total += len(contra)
    share.pro += pro[: max(0, LINES - len(share.pro))]
    share.contra += contra[: max(0, LINES - len(share.contra))]


def _line(text: Text, claim: _Claim) -> Line:
    return Line(text.signal, text.account, claim.words, claim.output)


def _stands(taken: Taken) -> str:
    return f"{round(100 * taken.share)} % of it stands in an output"


def _agree(one: Maker, two: Maker) -> bool:
    """What one leaves out contradicts nothing."""
    return all(not a or not b or a == b for a, b in zip(one, two, strict=True))


def _agreed(makers: Sequence[Maker]) -> Maker | None:
    """Whom all of them mean: of one service with several models the service; None: nobody."""
    providers = {one.provider for one in makers}
    named = {one.model for one in makers} - {""}
    if not makers or len(providers - {""}) > 1:
        return None
    if len(named) > 1:
        return None if "" in providers else Maker(providers.pop())
    return Maker(max(providers), max(named, default=""))


def _doubt(text: Text, claims: Sequence[_Claim], taken: Taken | None) -> tuple[int, Line]:
    """Why a text counts for nobody, and how much that tells: what is contradicted comes first."""
    if claims:
        words, rank = ", but ".join(claim.words for claim in claims), 0
    elif taken is not None:
        words, rank = f"{_stands(taken)} that names nobody", 1
    else:
        words, rank = (UNNAMED, 2) if text.kind.startswith(AI) else (NOTHING, 3)
    output = taken.output if taken else None
    return rank, Line(text.signal, text.account, words, output)


def _give_percents(shares: Sequence[Share]) -> None:
    """Tenths of a percent that add up to 100: the largest remainders are rounded up."""
    total = sum(one.texts for one in shares)
    if not total:
        shares[0].percent = 100.0
        return
    whole = [one.texts * MILLE // total for one in shares]
    rest = sorted(range(len(shares)), key=lambda n: (-(shares[n].texts * MILLE % total), n))
    for place in rest[: MILLE - sum(whole)]:
        whole[place] += 1
    for share, mille in zip(shares, whole, strict=True):
        share.percent = mille / 10


def _together(shares: Sequence[Share]) -> Share:
    mille = sum(round(one.percent * 10) for one in shares)
    return Share(Maker(), sum(one.texts for one in shares), mille / 10)
