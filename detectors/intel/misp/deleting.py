"""What takes parts of an event, or all of it, back: the same parts, deleted, and nothing else.

MISP keeps what an event lost in silence, so what is gone has to be told. It is told by uuid and
type alone. The value is another one, valid and the same for nobody else: an event is also read by
who came later and never had the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

Json = dict[str, Any]
INFO: Final = "Recalled."
_KEPT: Final = ("uuid", "type", "category", "object_relation", "distribution")
_FRAME: Final = (
    *("uuid", "name", "meta-category", "description", "template_uuid", "template_version"),
    "distribution",
)
_HEX: Final = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}


def with_deleted(body: Json, before: Mapping[str, Any]) -> Json:
    """The event, and deleted what `before` had and it has not; changed later than `before` was.

    Another event, by its uuid, is not followed.
    """
    if before["uuid"] != body["uuid"]:
        return body
    stamp = str(max(int(body["timestamp"]), int(before["timestamp"]) + 1))
    told = {one["uuid"] for one in (*body["Attribute"], *body["Object"])}
    gone = [one for one in before["Attribute"] if one["uuid"] not in told]
    things = [one for one in before["Object"] if one["uuid"] not in told]
    return body | {
        "timestamp": stamp,
        "publish_timestamp": stamp,
        "Attribute": [*body["Attribute"], *_attributes(gone, stamp)],
        "Object": [*body["Object"], *(_object(one, stamp) for one in things)],
    }


def all_deleted(body: Mapping[str, Any], at: int) -> Json:
    """The last version of an event. at: seconds; it is later than the version before anyway."""
    stamp = str(max(at, int(body["timestamp"]) + 1))
    return {
        **body,
        "info": INFO,
        "timestamp": stamp,
        "publish_timestamp": stamp,
        "Attribute": _attributes(body["Attribute"], stamp),
        "Object": [_object(one, stamp) for one in body["Object"]],
    }


def is_all_deleted(body: Mapping[str, Any]) -> bool:
    """Whether an event of somebody else takes all back that it ever said."""
    parts = [one for name in ("Attribute", "Object") for one in body.get(name) or []]
    return bool(parts) and all(one.get("deleted") is True for one in parts)


def _attributes(some: Iterable[Mapping[str, Any]], stamp: str) -> list[Json]:
    return [_attribute(one, stamp) for one in some]


def _attribute(one: Mapping[str, Any], stamp: str) -> Json:
    if one["deleted"] and "Tag" not in one:
        return dict(one)  # it was told before
    kept = {name: one[name] for name in _KEPT if name in one}
    return kept | {
        "value": _nothing(one["type"], one["uuid"]),
        "to_ids": False,
        "comment": "",
        "deleted": True,
        "disable_correlation": True,
        "timestamp": stamp,
    }


def _object(one: Mapping[str, Any], stamp: str) -> Json:
    kept = {name: one[name] for name in _FRAME}
    later = {"comment": "", "deleted": True, "timestamp": stamp}
    return kept | later | {"Attribute": _attributes(one["Attribute"], stamp)}


def _nothing(kind: str, uuid: str) -> str:
    """A value of the type that is nobody's: names below `.invalid`, documentation addresses."""
    if kind in _HEX:
        return blake2b(uuid.encode(), digest_size=_HEX[kind] // 2).hexdigest()
    return _NOTHING.get(kind, "Taken back: {}".format)(uuid)


def _address(uuid: str) -> str:
    digits = uuid.replace("-", "")[:24]
    return ":".join(("2001", "db8", *(digits[at : at + 4] for at in range(0, 24, 4))))


_NOTHING: Final[dict[str, Callable[[str], str]]] = {
    "domain": "{}.invalid".format,
    "url": "https://{}.invalid/".format,
    "email": "{}@taken-back.invalid".format,
    "ip-dst": _address,
}
