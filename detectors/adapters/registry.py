"""All adapters there are, by slug."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from detectors import adapters
from detectors.adapters.base import Adapter


@cache
def all_adapters() -> dict[str, Adapter]:
    """Slug -> adapter, by slug. Raises ValueError when two bear one slug."""
    found: dict[str, Adapter] = {}
    for module in iter_modules(adapters.__path__):
        name = f"{adapters.__name__}.{module.name}"
        for value in vars(import_module(name)).values():
            if not _is_adapter(value, name):
                continue
            if value.meta.slug in found:
                message = f"two adapters are called {value.meta.slug}"
                raise ValueError(message)
            found[value.meta.slug] = value()
    return dict(sorted(found.items()))


def get(slug: str) -> Adapter:
    """One adapter. Raises KeyError when there is none of that name."""
    return all_adapters()[slug]


def _is_adapter(value: object, module: str) -> bool:
    return (
        isinstance(value, type)
        and issubclass(value, Adapter)
        and value.__module__ == module
        and hasattr(value, "meta")
    )
