"""Configuration as files for `manage.py detectors export` and `import`."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError

from detectors.configuration.document import (
    FOLDER,
    QUIET,
    BrokenError,
    Configuration,
    files_of,
    read_files,
)

MAX_BYTES = 1024 * 1024


def write_to(folder: Path, told: Configuration) -> int:
    """Write all files, and drop those of detectors that are gone. Returns how many there are."""
    files = files_of(told)
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for path in (folder / FOLDER).iterdir():
            if path.suffix in {".json", ".yml"} and f"{FOLDER}/{path.name}" not in files:
                path.unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        message = f"{folder}: {error.strerror or error}"
        raise CommandError(message) from error
    return len(files)


def read_from(folder: Path) -> Configuration:
    """What the files below a folder say. Raises CommandError naming the file."""
    paths = [*sorted((folder / FOLDER).glob("*")), folder / QUIET]
    found: dict[str, str] = {}
    try:
        for path in paths:
            if path.suffix not in {".json", ".yml"} or not path.is_file():
                continue
            if path.stat().st_size > MAX_BYTES:
                message = f"{path}: larger than {MAX_BYTES // 1024} KiB."
                raise CommandError(message)
            with path.open(encoding="utf-8", newline="") as file:
                found[path.relative_to(folder).as_posix()] = file.read()
        return read_files(found)
    except (OSError, UnicodeDecodeError) as error:
        message = f"{folder}: {error}"
        raise CommandError(message) from error
    except BrokenError as error:
        message = f"{folder}: {error}"
        raise CommandError(message) from error
