"""All detectors there are. The registry is code; the database holds only what people chose.

Of rules that people wrote, all that this code knows is what their slugs look like.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from detectors import rules
from detectors.base import BaseParams, Detector
from detectors.sigma.detector import is_rule, rule_detector


@cache
def all_detectors() -> dict[str, type[Detector[Any, Any]]]:
    """Slug -> class, by slug. Raises ValueError when two rules bear one slug."""
    found: dict[str, type[Detector[Any, Any]]] = {}
    for module in iter_modules(rules.__path__):
        for value in vars(import_module(f"{rules.__name__}.{module.name}")).values():
            if not _is_rule(value, f"{rules.__name__}.{module.name}"):
                continue
            if value.meta.slug in found:
                message = f"two detectors are called {value.meta.slug}"
                raise ValueError(message)
            found[value.meta.slug] = value
    return dict(sorted(found.items()))


def get(slug: str) -> type[Detector[Any, Any]]:
    """One detector class. Raises KeyError when there is none of that name."""
    return rule_detector(slug) if is_rule(slug) else all_detectors()[slug]


def exists(slug: str) -> bool:
    """Whether `get` knows this slug; of a rule, whether it could be one."""
    return is_rule(slug) or slug in all_detectors()


def defaults(slug: str) -> BaseParams:
    """Parameters of a detector as it ships."""
    return get(slug).Params()


def _is_rule(value: object, module: str) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Detector)
        and value.__module__ == module
        and hasattr(value, "meta")
    )
