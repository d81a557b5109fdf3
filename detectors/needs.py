"""Which optional packages are there: the desk says what it does without them, and works on."""

from __future__ import annotations

from importlib import metadata

from detectors.base import Meta


def is_installed(package: str) -> bool:
    """Whether a package of PyPI, by its name there, can be imported."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def missing(meta: Meta) -> tuple[str, ...]:
    """Packages without which a detector finds nothing, and which are not installed."""
    return tuple(package for package in meta.needs if not is_installed(package))
