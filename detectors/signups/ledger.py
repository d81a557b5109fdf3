"""The sign-ups of one platform, or of one address skeleton, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import msgspec

from detectors.base import DAY_S, HOUR_S
from detectors.signups.usual import SEASON_H

DAY_H = 24
KEPT_H = SEASON_H + 2 * DAY_H
MAX_SHAPES = 1_024
MAX_RECENT = 256
MAX_ORIGINS = 4_096
MAX_MEMBERS = 1_000


class Signup(msgspec.Struct, array_like=True):
    """A new account. seen_at: when its signal was; born: when the account was made."""

    born: float
    seen_at: float
    signal_id: int
    origin: str


class Burst(msgspec.Struct, array_like=True):
    """Accounts found together, and how many they were when it was last said."""

    began: float
    members: dict[str, Signup] = {}
    newest: float = 0.0
    said: int = 0


class Cohort(msgspec.Struct, array_like=True):
    """Sign-ups of one shape: their number by hour, and the newest ones with name.

    bursts: by origin; "" is the whole shape.
    """

    hours: dict[int, int] = {}
    recent: dict[str, Signup] = {}
    bursts: dict[str, Burst] = {}
    newest: int = 0


class Ledger(msgspec.Struct):
    """All shapes of a platform. since: its first sign-up; hours, origins: sign-ups by hour.

    swept: hour of the last clean-up. truncated: a cap was hit, so that numbers are lower bounds.
    """

    since: float = 0.0
    hours: dict[int, int] = {}
    cohorts: dict[str, Cohort] = {}
    origins: dict[str, dict[int, int]] = {}
    swept: int = 0
    truncated: bool = False


def enter(ledger: Ledger, shape: str, account: str, signup: Signup) -> Cohort | None:
    """Note a sign-up; None when this account is known."""
    hour = int(signup.born // HOUR_S)
    _sweep(ledger, signup.seen_at)
    cohort = ledger.cohorts.get(shape)
    if cohort is None:
        _make_room(ledger)
        cohort = ledger.cohorts[shape] = Cohort()
    if account in cohort.recent:
        return None
    ledger.since = min(ledger.since or signup.born, signup.born)
    ledger.hours[hour] = ledger.hours.get(hour, 0) + 1
    cohort.hours[hour] = cohort.hours.get(hour, 0) + 1
    cohort.newest = max(cohort.newest, hour)
    cohort.recent[account] = signup
    if len(cohort.recent) > MAX_RECENT:
        del cohort.recent[next(iter(cohort.recent))]
        ledger.truncated = True
    _note_origin(ledger, signup.origin, hour)
    return cohort


def densest(moments: list[float], born: float, span_s: float) -> tuple[float, int]:
    """Beginning and size of the fullest window of `span_s` seconds that holds `born`.

    moments: sorted.
    """
    best = (born, 0)
    for place in range(bisect_left(moments, born - span_s), bisect_right(moments, born)):
        number = bisect_right(moments, moments[place] + span_s) - place
        if number > best[1]:
            best = (moments[place], number)
    return best


def _note_origin(ledger: Ledger, origin: str, hour: int) -> None:
    if not origin:
        return
    if origin not in ledger.origins and len(ledger.origins) >= MAX_ORIGINS:
        del ledger.origins[next(iter(ledger.origins))]
        ledger.truncated = True
    hours = ledger.origins.setdefault(origin, {})
    hours[hour] = hours.get(hour, 0) + 1


def _make_room(ledger: Ledger) -> None:
    if len(ledger.cohorts) < MAX_SHAPES:
        return
    idle = min(ledger.cohorts, key=lambda shape: (ledger.cohorts[shape].newest, shape))
    del ledger.cohorts[idle]
    ledger.truncated = True


def _sweep(ledger: Ledger, now: float) -> None:
    """Once an hour: let go what is older than the season, and names older than a day."""
    hour = int(now // HOUR_S)
    if hour <= ledger.swept:
        return
    ledger.swept = hour
    ledger.hours = _since(ledger.hours, hour - KEPT_H)
    for shape, cohort in [*ledger.cohorts.items()]:
        if not cohort.recent and hour % DAY_H:
            continue  # nothing but old hours: once a day is enough
        cohort.hours = _since(cohort.hours, hour - KEPT_H)
        cohort.recent = {
            account: one for account, one in cohort.recent.items() if one.seen_at > now - DAY_S
        }
        bursts = cohort.bursts.items()
        cohort.bursts = {name: one for name, one in bursts if one.newest > now - DAY_S}
        if not cohort.hours:
            del ledger.cohorts[shape]
    recent = ((name, _since(hours, hour - 2 * DAY_H)) for name, hours in ledger.origins.items())
    ledger.origins = {name: hours for name, hours in recent if hours}


def _since(hours: dict[int, int], first: int) -> dict[int, int]:
    return {hour: number for hour, number in hours.items() if hour >= first}
