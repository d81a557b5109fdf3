"""What the configuration of a desk says, and how it stands in files: the same is the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

FOLDER: Final = "detectors"
QUIET: Final = "suppressions.json"
SIGMA: Final = "sigma"
MAX_DETECTORS: Final = 1_000
MAX_QUIET: Final = 5_000
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,60}$(?!\n)")]


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One detector. params: what is left out is at its default."""

    detector: Slug
    mode: str
    params: dict[str, Any] = {}


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A detector that is kept quiet about one entity."""

    detector: Slug
    type: Annotated[str, msgspec.Meta(max_length=40)]
    value: Annotated[str, msgspec.Meta(max_length=4_200)]
    reason: Annotated[str, msgspec.Meta(max_length=500)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it, by detector; suppressions by detector and entity."""

    detectors: Annotated[tuple[Setting, ...], msgspec.Meta(max_length=MAX_DETECTORS)] = ()
    suppressions: Annotated[tuple[Quiet, ...], msgspec.Meta(max_length=MAX_QUIET)] = ()


class BrokenError(ValueError):
    """A file that does not say a configuration; the text names it."""


def files_of(told: Configuration) -> dict[str, str]:
    """Path -> text. The Sigma text of a rule stands in a file of its own, as people read it."""
    files: dict[str, str] = {}
    for one in sorted(told.detectors, key=lambda setting: setting.detector):
        params = dict(one.params)
        sigma = params.pop(SIGMA, None)
        if sigma is not None:
            files[f"{FOLDER}/{one.detector}.yml"] = sigma
        body = {"detector": one.detector, "mode": one.mode, "params": params}
        files[f"{FOLDER}/{one.detector}.json"] = _text(body)
    files[QUIET] = _text(msgspec.to_builtins(sorted(told.suppressions)))
    return files


def read_files(files: Mapping[str, str]) -> Configuration:
    """The configuration that these files say. Raises BrokenError naming the file."""
    settings = []
    for path in sorted(files):
        if not path.startswith(f"{FOLDER}/") or not path.endswith(".json"):
            continue
        one = _decoded(path, files[path], Setting)
        if path != f"{FOLDER}/{one.detector}.json":
            message = f"{path} is about {one.detector}: a file bears the name of its detector."
            raise BrokenError(message)
        sigma = files.get(f"{FOLDER}/{one.detector}.yml")
        params = one.params if sigma is None else {**one.params, SIGMA: sigma}
        settings.append(Setting(one.detector, one.mode, params))
    _check_texts(files, {one.detector for one in settings})
    quiet = _decoded(QUIET, files[QUIET], tuple[Quiet, ...]) if QUIET in files else ()
    if not settings and QUIET not in files:
        message = f"There is no {FOLDER}/ and no {QUIET} here."
        raise BrokenError(message)
    return Configuration(tuple(settings), tuple(sorted(quiet)))


def read_json(told: Any) -> Configuration:
    """The same out of one JSON document. Raises BrokenError naming the field."""
    try:
        return msgspec.convert(told, Configuration)
    except msgspec.ValidationError as error:
        raise BrokenError(str(error)) from error


def _check_texts(files: Mapping[str, str], known: set[str]) -> None:
    for path in files:
        name = path.removeprefix(f"{FOLDER}/")
        if name != path and name.endswith(".yml") and name.removesuffix(".yml") not in known:
            message = f"{path} has no {name.removesuffix('.yml')}.json beside it."
            raise BrokenError(message)


def _decoded(path: str, text: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{path}: {error}"
        raise BrokenError(message) from error


def _text(told: Any) -> str:
    return json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
