"""X-ARF 4 abuse reports: the JSON itself, or the mail that carries it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import BufferedReader
from typing import Any, Final

from detectors import normalise
from detectors.adapters.base import Adapter, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit import mime
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.documents import BOM, JSON, NDJSON, JsonAdapter, decoded
from detectors.adapters.kit.draft import Draft, slug
from detectors.adapters.kit.encodings import decoded as as_text
from detectors.adapters.kit.encodings import from_base64
from detectors.adapters.kit.mail import MBOX, RFC822, MailAdapter, letter_signals
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PLATFORMS: Final = {"content": "web", "copyright": "web", "messaging": "email"}
CATEGORIES: Final = frozenset(
    {*PLATFORMS, "connection", "vulnerability", "infrastructure", "reputation"}
)
LINKS: Final = ("url", "infringing_url", "submission_url", "target_url")
OBJECTS: Final = {
    "domain": "domain",
    "destination_ip": "target-ip",
    "smtp_to": "target",
    "target_brand": "brand",
    "malware_family": "malware",
    "phishing_kit": "kit-name",
    "cve_id": "cve",
    "file_hash": "hash",
}
HASHES: Final = ("md5", "sha1", "sha256")
MAILS: Final = frozenset({"message/rfc822", "text/email"})
MAX_EVIDENCE: Final = 50
MAX_START: Final = 64


class XarfJson(JsonAdapter):
    """Reports as JSON."""

    def signals(self, record: Record) -> Iterator[Outcome]:
        """The report, then the mails among its evidence."""
        version = record.text("xarf_version")
        if not version.startswith("4."):
            place = record.at("Version" if "Version" in record else "xarf_version")
            raise UnfitError(place, "choice", "must be 4.x; convert older reports first")
        draft = _report(record)
        evidence = [_evidence(one) for one in record.children("evidence")[:MAX_EVIDENCE]]
        record.drop("_internal", *(["evidence"] if evidence else []))
        draft.keep("xarf", record.rest(), **_kept([kept for kept, _ in evidence]))
        yield from draft.items()
        for index, (_, mail) in enumerate(evidence):
            if mail:
                place = record.at(f"evidence.{index}.payload")
                yield from attempt(letter_signals(mail, place, "xarf"), partial(bytes, mail))


class XarfMail(MailAdapter):
    """Reports in the JSON part of a mail."""

    def letter(self, raw: bytes, place: str) -> Iterator[Outcome]:
        """Signals of the report that a mail carries."""
        parts = mime.leaves(mime.parse(raw, place))
        part = next((one for one in parts if _carries(one)), None)
        if part is None:
            raise UnfitError(place, "format", f"has no part of type {JSON}")
        where = f"{place}.part {part.path}"
        value = decoded(part.content().removeprefix(BOM), where)
        if not isinstance(value, dict):
            raise UnfitError(where, "type", "must be an object")
        yield from _JSON.signals(Record(value, where))


class Xarf(Adapter):
    """Takes either form by how it begins."""

    meta = Meta(
        slug="xarf",
        title="X-ARF 4 report",
        doc="A report as JSON, or the mail that carries it in an application/json part (an mbox of"
        " such mails too). It becomes a `report`; sensors and reporters are no accounts, so it has"
        " no actor. The source becomes `ip:`, `domain:`, `email:` or `source:`, an smtp sender a"
        " `report-target:` and `account:`. Links, domains, hashes, wallets and brands of the types"
        " are links and objects. Evidence of type message/rfc822 becomes a `mail` of its own, text"
        " evidence stays in the attributes, of other evidence its digest. `_internal` is left out,"
        " as X-ARF asks. Version 3 is refused.",
        media_types=(JSON, NDJSON, RFC822, MBOX),
        suffixes=(".json", ".ndjson", ".jsonl", ".eml", ".mbox", ".mbx"),
        spec="https://xarf.org/docs/specification/; the mail form extends RFC 5965",
        kinds=(Kind.REPORT, Kind.MAIL),
        platforms="`web` for content and copyright; the protocol for messaging, `email` for smtp;"
        " else `network`",
        time="`timestamp`, when the incident occurred",
        external_id="`report_id`",
    )

    def stream(self, file: BufferedReader) -> Iterator[Outcome]:
        """Signals of every report in the file."""
        start = file.peek(MAX_START)[:MAX_START].removeprefix(BOM).lstrip()
        yield from (_JSON if start[:1] in {b"{", b"["} else _MAIL).stream(file)


def _report(record: Record) -> Draft:
    category, type = record.need("category"), record.need("type")
    if category not in CATEGORIES:
        sentence = f"must be one of {', '.join(sorted(CATEGORIES))}"
        raise UnfitError(record.at("category"), "choice", sentence)
    draft = Draft(
        kind=Kind.REPORT,
        platform=_platform(record, category),
        external_id=f"xarf-{record.need('report_id')}",
        at=moment(record, "timestamp"),
        text=record.text("description", "subject"),
        attributes={"report_type": f"{category}/{type}"},
    )
    source = record.need("source_identifier")
    draft.about(_type_of(source), source)
    draft.link(*filter(None, (record.text(name) for name in LINKS)))
    draft.link(*record.texts("redirect_chain"))
    for name, object_type in OBJECTS.items():
        draft.about(object_type, record.text(name))
    if sender := record.text("smtp_from").lower():
        draft.about("report-target", f"email:{sender}")
        draft.account("email", sender)
    _mark(draft, record)
    return draft


def _mark(draft: Draft, record: Record) -> None:
    """Hashes, wallets, servers and related domains."""
    for name in ("file_hashes", "hash_values"):
        hashes = record.child(name)
        draft.about("hash", *(hashes.text(kind) for kind in HASHES))
    for wallet in record.children("cryptocurrency_addresses"):
        draft.about("wallet", wallet.text("address"))
    servers = [server.text("address") for server in record.children("c2_servers")]
    for address in filter(None, [record.text("c2_server"), *servers]):
        draft.about(_type_of(address), address)
    draft.about("domain", *record.texts("related_domains"))


def _platform(record: Record, category: str) -> str:
    protocol = record.data.get("protocol")
    if category == "messaging" and isinstance(protocol, str) and protocol != "smtp":
        return slug(protocol, "email")
    return PLATFORMS.get(category, "network")


def _type_of(source: str) -> str:
    for type in ("ip", "email", "domain"):
        if normalise.canonical(type, source):
            return type
    return "url" if normalise.canonical_url(source) else "source"


def _evidence(item: Record) -> tuple[dict[str, Any], bytes]:
    """What is kept of a piece of evidence, and the mail that it is, if it is one."""
    type = item.text("content_type").lower()
    content = from_base64(item.text("payload").encode())
    kept: dict[str, Any] = {"content_type": type, **item.rest(), "digest": digest(content)}
    if type in MAILS:
        return kept, content
    if type.startswith("text/"):
        kept["text"] = as_text(content, "")
    return kept, b""


def _kept(evidence: list[dict[str, Any]]) -> dict[str, Any]:
    """Evidence by the adapter's reading; where it is no list of objects, the rest has it as is."""
    return {"evidence": evidence} if evidence else {}


def _carries(part: mime.Part) -> bool:
    return part.media_type == JSON or part.file_name.lower().endswith(".json")


_JSON, _MAIL = XarfJson(), XarfMail()
