"""Fields of a draft within the limits of the contract; what was cut is noted in the budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from detectors.adapters.kit.bounds import Budget, clean, name_of, shortened

MAX_SHORT: Final = 200
MAX_BIO: Final = 4_000
MAX_URL: Final = 4_000
MAX_MANY: Final = 100
MAX_TYPES: Final = 50
MAX_NUMBER: Final = 2**53


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without empty fields: what is empty was not said."""
    return {name: value for name, value in fields.items() if value not in ("", [], {}, None)}


def lists(urls: Iterable[str], objects: Iterable[str], budget: Budget) -> dict[str, Any]:
    """Links and objects of one signal."""
    kept = []
    for url in urls:
        kept.append(url[:MAX_URL])
        if len(url) > MAX_URL:
            budget.cut("urls")
    return {"urls": kept, "objects": list(objects)}


def profile(values: Mapping[str, Any], budget: Budget) -> dict[str, Any]:
    """What the platform shows of the actor."""
    limits = {"handle": MAX_SHORT, "name": MAX_SHORT, "bio": MAX_BIO}
    return _short(values, limits, budget, "actor_profile")


def ai(values: Mapping[str, Any], budget: Budget) -> dict[str, Any]:
    """The AI service; key and organisation are names, which are never cut."""
    named = {
        **values,
        **{name: name_of(values[name], MAX_SHORT) for name in ("key", "org") if name in values},
    }
    limits = dict.fromkeys(("provider", "model", "key", "org", "declared_use"), MAX_SHORT)
    return _short(named, limits, budget, "ai")


def identifiers(found: Mapping[str, Mapping[str, None]], budget: Budget) -> dict[str, Any]:
    """Types and values; a single value stands without a list."""
    kept: dict[str, Any] = {}
    for type, values in islice(found.items(), MAX_TYPES):
        some = list(islice(values, MAX_MANY))
        kept[type] = some[0] if len(some) == 1 else some
        if len(some) < len(values):
            budget.cut(f"identifiers.{type}")
    if len(found) > MAX_TYPES:
        budget.cut("identifiers")
    return kept


def _short(
    values: Mapping[str, Any], limits: Mapping[str, int], budget: Budget, place: str
) -> dict[str, Any]:
    """Texts cut to their limits; numbers that no counter has are left out."""
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value == "":
            continue
        if name in limits:
            kept[name] = shortened(clean(value), limits[name])
        elif isinstance(value, bool | str) or 0 <= value <= MAX_NUMBER:
            kept[name] = value
        if kept.get(name) != value:
            budget.cut(f"{place}.{name}")
    return kept
