"""STIX cyber-observables, read for the STIX adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from detectors.adapters.kit.bounds import Budget, name_of, one_line, within_bytes
from detectors.adapters.kit.draft import slug
from detectors.adapters.kit.record import Record
from detectors.schema import MAX_TEXT_BYTES

REST_BYTES: Final = 1_000
MAX_NAME: Final = 100
MAX_VALUE: Final = 400
MAX_LINK: Final = 4_000
MAX_RECIPIENTS: Final = 100
HASHES: Final = ("MD5", "SHA-1", "SHA-256")
VALUES: Final[Mapping[str, tuple[str, str]]] = {
    "domain-name": ("domain", "value"),
    "ipv4-addr": ("ip", "value"),
    "ipv6-addr": ("ip", "value"),
    "email-addr": ("email", "value"),
    "mac-addr": ("mac", "value"),
    "autonomous-system": ("asn", "number"),
    "software": ("software", "name"),
    "mutex": ("mutex", "name"),
    "directory": ("directory", "path"),
    "process": ("process", "command_line"),
    "windows-registry-key": ("registry-key", "key"),
    "x509-certificate": ("certificate", "serial_number"),
}
"""Type of a cyber-observable -> type of the object it becomes, and the field that holds it."""


@dataclass(slots=True)
class Seen:
    """A cyber-observable, read once however many observations refer to it.

    refs: ids of others whose values are here.
    """

    type: str
    links: list[str] = field(default_factory=list)
    marks: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    sender: str = ""
    refs: list[str] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)


def read(record: Record, by_id: Mapping[str, Record]) -> Seen:
    """One cyber-observable, bounded: many observations may refer to it."""
    found = Seen(record.need("type")[:MAX_NAME])
    READERS.get(found.type, _other)(found, record, by_id)
    record.drop("type", "id", "spec_version")
    found.marks = [(type, name_of(one_line(value), MAX_VALUE)) for type, value in found.marks]
    found.links = [link[:MAX_LINK] for link in found.links]
    found.text = within_bytes(found.text, MAX_TEXT_BYTES)
    budget = Budget(REST_BYTES)
    found.rest = budget.fit(record.rest(), found.type)
    if budget.cuts:
        found.rest["truncated"] = list(budget.cuts)
    return found


def _value(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    type, name = VALUES[found.type]
    found.marks.append((type, record.text(name)))


def _url(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.links.append(record.need("value"))


def _file(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.marks.append(("file-name", record.text("name")))
    hashes = record.child("hashes")
    found.marks += [("hash", hashes.text(kind)) for kind in HASHES]


def _account(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    """Named as the platform would name it: by login, else by id."""
    platform = slug(record.text("account_type"), "unknown")
    login = record.text("account_login") or record.text("user_id")
    found.marks.append(("account", f"{platform}:{login}" if login else ""))


def _message(found: Seen, record: Record, by_id: Mapping[str, Record]) -> None:
    subject, body = record.text("subject"), record.text("body")
    found.text = "\n\n".join(one for one in (subject, body) if one)
    found.marks.append(("subject", subject))
    found.sender = _address(found, record.text("from_ref", "sender_ref"), by_id)
    for name in ("to_refs", "cc_refs"):
        for one in record.texts(name)[:MAX_RECIPIENTS]:
            found.marks.append(("target", _address(found, one, by_id)))


def _address(found: Seen, name: str, by_id: Mapping[str, Record]) -> str:
    """The value of another observable."""
    if name not in by_id:
        return ""
    found.refs.append(name)
    value = by_id[name].data.get("value")
    return value[:MAX_LINK] if isinstance(value, str) else ""


def _traffic(found: Seen, record: Record, by_id: Mapping[str, Record]) -> None:
    for name, type in (("src_ref", "ip"), ("dst_ref", "target-ip")):
        found.marks.append((type, _address(found, record.text(name), by_id)))


def _other(found: Seen, record: Record, _: Mapping[str, Record]) -> None:
    found.marks.append((slug(found.type, "other"), record.text("value", "name")))


READERS: Final[Mapping[str, Callable[[Seen, Record, Mapping[str, Record]], None]]] = {
    **dict.fromkeys(VALUES, _value),
    "url": _url,
    "file": _file,
    "artifact": _file,
    "user-account": _account,
    "email-message": _message,
    "network-traffic": _traffic,
}
