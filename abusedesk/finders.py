"""Static files that do not lie in a `static` directory, and how files get their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PlotlyFinder(BaseFinder):
    """Serves plotly.min.js out of the plotly wheel as `vendor/plotly.min.js`."""

    address: ClassVar[str] = "vendor/plotly.min.js"

    def __init__(self, *_: Any, **__: Any) -> None:
        self.source = Path(str(files("plotly") / "package_data" / "plotly.min.js"))

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002 -- Django's signature
        """Where `path` lies; nothing when it is not ours."""
        if path != self.address:
            return [] if find_all else None
        return [str(self.source)] if find_all else str(self.source)

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        """The one file, in a storage rooted in the wheel."""
        storage = FileSystemStorage(location=self.source.parent)
        storage.prefix = "vendor"  # type: ignore[attr-defined] # collectstatic reads it to build the address
        yield self.source.name, storage


class DeskStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped package
    """Hashed, compressed files once collectstatic ran; plain names before it.

    So tests and a fresh checkout need no collectstatic.
    """

    def stored_name(self, name: str) -> str:
        return str(super().stored_name(name)) if self.hashed_files else name
