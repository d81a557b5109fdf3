"""What a chain says: sentence, conditions, values and links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detectors.base import HOUR_S, Condition
from detectors.emission import Link, counted, lasting, neighbour_links
from detectors.reappearance.chains import MIN_PEOPLE, Chain
from detectors.reappearance.matching import Limits, Match

LLR = 5.0
ONE_EACH_LLR = 2.0
"""Where every text was posted by one person alone: a tool writes like that for its customers."""
MAX_SHOWN = 200


def weight_of(chain: Chain) -> float:
    """LLR of the chain."""
    return LLR if chain.largest >= MIN_PEOPLE else ONE_EACH_LLR


def links_of(chain: Chain, subjects: tuple[str, ...]) -> tuple[Link, ...]:
    """Who wrote with who took it on, and those that posted one text with each other."""
    place = {name: number for number, name in enumerate(subjects)}
    weight = weight_of(chain)
    found: dict[tuple[int, int], float] = {}
    for match in [*chain.posts, *chain.prompts]:
        _link(found, place[match.output[0]], place[match.text[0]], weight)
    for group in chain.groups:
        ring = [place[name] for name in group]
        links = neighbour_links(ring, lambda *_: weight)
        found.update({(low, high): llr for low, high, llr in links})
    return tuple((low, high, llr) for (low, high), llr in sorted(found.items()))


def values_of(chain: Chain) -> dict[str, Any]:
    """The chain as the case page shows it; of very many posts the first 200."""
    shares = [match.share for match in chain.posts]
    outputs = {match.output[2]: match.output for match in [*chain.posts, *chain.prompts]}
    return {
        "root": chain.root,
        "ai_accounts": chain.ai_accounts,
        "accounts": len(chain.accounts),
        "platforms": sorted({name.partition(":")[0] for name in chain.accounts}),
        "texts": chain.texts,
        "containment_min": min(shares),
        "containment_max": max(shares),
        "after_min_s": min(match.after_s for match in chain.posts),
        "after_max_s": max(match.after_s for match in chain.posts),
        "compared": sorted({"sketches" if match.circle else "texts" for match in chain.posts}),
        "outputs": [
            {"signal": id_, "account": account, "at": at}
            for account, at, id_ in sorted(outputs.values(), key=lambda one: one[1:])[:MAX_SHOWN]
        ],
        "prompts": [_step(match) for match in chain.prompts[:MAX_SHOWN]],
        "posts": [_step(match) for match in chain.posts[:MAX_SHOWN]],
    }


def sentence_of(chain: Chain, values: dict[str, Any]) -> str:
    """`1 output of openai-api:org-17 came back in 6 posts of 6 accounts on 1 platform, ...`."""
    posted = {match.output[2] for match in chain.posts}
    low, high = values["containment_min"], values["containment_max"]
    first, last = lasting(values["after_min_s"]), lasting(values["after_max_s"])
    return "".join(
        (
            f"{counted(len(posted), 'output')} of {' and '.join(_named(chain))} came back in ",
            f"{counted(len(chain.posts), 'post')} of {counted(len(chain.accounts), 'account')} ",
            f"on {counted(len(values['platforms']), 'platform')}, ",
            f"{first} later, " if first == last else f"{first} to {last} later, ",
            f"containment {low:.2f}-{high:.2f}" if low != high else f"containment {low:.2f}",
            *_by_way(chain),
            "" if "texts" in values["compared"] else _SKETCHES,
        )
    )


def conditions_of(chain: Chain, limits: Limits, window_h: int) -> tuple[Condition, ...]:
    """What was compared. Either many accounts posted one output, or many texts came back."""
    share = min(match.share for match in chain.posts)
    common = min(match.common for match in chain.posts)
    hours = round(max(match.after_s for match in chain.posts) / HOUR_S, 2)
    rows = (
        ("lowest containment", share, ">=", limits.share, "share of the post"),
        ("fewest common runs", common, ">=", limits.common, "runs of 4 words"),
        ("longest delay", hours, "<=", window_h, "hours"),
        ("people that posted one output", chain.largest, ">=", limits.accounts, "people"),
        ("different texts", chain.texts, ">=", limits.texts, "texts"),
    )
    return tuple(
        Condition(name, value, op, limit, unit, value >= limit if op == ">=" else value <= limit)
        for name, value, op, limit, unit in rows
    )


_SKETCHES = ", sketches only (the desk has not seen the text)"


def _named(chain: Chain) -> Iterator[str]:
    wrote = sorted({match.output[0] for match in chain.posts})
    yield wrote[0]
    if len(wrote) > 1:
        yield counted(len(wrote) - 1, "other AI account")


def _by_way(chain: Chain) -> Iterator[str]:
    if chain.prompts:
        passed = counted(len({match.text[0] for match in chain.prompts}), "other AI account")
        yield f"; it began at {chain.root} and went through {passed}"


def _link(found: dict[tuple[int, int], float], one: int, two: int, weight: float) -> None:
    if one != two:
        found[min(one, two), max(one, two)] = weight


def _step(match: Match) -> dict[str, Any]:
    account, _, signal = match.text
    return {
        "signal": signal,
        "output": match.output[2],
        "account": account,
        "after_s": round(match.after_s, 3),
        "containment": match.share,
        "common": match.common,
        "compared": "sketches" if match.circle else "texts",
    }
