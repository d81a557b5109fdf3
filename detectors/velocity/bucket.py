"""A leaky bucket: the generic cell rate algorithm (GCRA) by its level."""

from __future__ import annotations

from math import inf

from detectors.sliding import Act


def pour(acts: dict[str, Act], member: str, drain: float, capacity: int) -> float:
    """Let one act, already in its place, fill the bucket. Returns the highest level from it on.

    acts: in order of time; drain: acts a second that run out; capacity: what finds the bucket full
    does not fill it further. The newest act holds the level of now. A late one raises the levels
    after it, so that the order of arrival does not matter as far as acts are kept; one that is not
    kept fills nothing. Source: the continuous-state leaky bucket form of GCRA, ITU-T I.371.
    """
    if member not in acts:
        return _level(next(reversed(acts.values())))
    backwards = iter(reversed(acts))
    later = []
    for name in backwards:
        later.append(acts[name])
        if name == member:
            break
    before = acts.get(next(backwards, ""))
    level, at = (_level(before), before.at) if before is not None else (0.0, -inf)
    top = 0.0
    for act in reversed(later):
        filled = min(max(0.0, level - (act.at - at) * drain) + 1.0, float(capacity))
        level = act.level = max(filled, _level(act))
        at, top = act.at, max(top, level)
    return top


def _level(act: Act) -> float:
    return act.level or 0.0
