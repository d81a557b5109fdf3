"""Lists of phishing pages: PhishTank and OpenPhish as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from io import BufferedReader
from typing import Final
from urllib.parse import urlsplit

from detectors import normalise
from detectors.adapters.base import Adapter, Item, Meta, Outcome, Refusal, UnfitError, attempt
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import moment
from detectors.adapters.kit.record import Record
from detectors.adapters.kit.tables import CSV, header_problem, lines, written
from detectors.ingest.rows import rows_of
from detectors.schema import Kind

TIMES: Final = ("submission_time", "isotime")
DISCOVERED: Final = "discover_time"

_DISCOVERED = re.compile(r"(\d{2})-(\d{2})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) UTC", re.ASCII)


class PhishingCsv(Adapter):
    """One row is one page."""

    meta = Meta(
        slug="phishing-csv",
        title="PhishTank and OpenPhish lists",
        doc="Rows of PhishTank's verified list (`phish_id, url, phish_detail_url, submission_time,"
        " verified, verification_time, online, target`) or of OpenPhish's premium list (`url,"
        " brand, ip, asn, host, isotime` or `discover_time`, ...), known by the names in their"
        " first line; other columns are kept. Each is a `site`: the host is the actor, the address"
        " where it lies (`ip`, `asn`) its identifier, the imitated brand an object `brand:`."
        " OpenPhish's free list has neither names nor times and is refused. A file is read row by"
        " row, lines of at most 1 MiB each.",
        media_types=(CSV,),
        suffixes=(".csv",),
        spec="https://phishtank.org/developer_info.php; https://openphish.com/phishing_feeds.html",
        kinds=(Kind.SITE,),
        platforms="`web`",
        time="`submission_time` (PhishTank), `isotime` or `discover_time` (OpenPhish)",
        external_id="`phish_id`; for OpenPhish a digest of the row",
    )

    def stream(self, file: BufferedReader) -> Iterator[Outcome]:
        """The signal of every row."""
        rows = csv.reader(lines(file))
        filled = (row for row in rows_of(rows) if any(row))
        first = next(filled, [])
        header = [] if isinstance(first, str) else [one.strip().lower() for one in first]
        if problem := _problem(header):
            yield Refusal("line 1", "format", problem, written(header))
            return
        for row in filled:
            place = f"line {rows.line_num}"
            if isinstance(row, str):
                yield Refusal(place, "format", f"is no CSV: {row}", b"")
            else:
                yield from attempt(_site(header, row, place), partial(written, row))


def _site(header: Sequence[str], row: Sequence[str], place: str) -> Iterator[Item]:
    if len(row) > len(header):
        raise UnfitError(place, "size", f"has {len(row)} cells for {len(header)} columns")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
    record = Record(cells, place)
    url = record.need("url")
    canonical = normalise.canonical_url(url)
    if canonical is None:
        raise UnfitError(record.at("url"), "format", "must be a web address")
    number = record.text("phish_id")
    draft = Draft(
        kind=Kind.SITE,
        platform="web",
        external_id=f"phishtank-{number}" if number else f"openphish-{digest(cells)}",
        at=_seen_at(record),
        actor=urlsplit(canonical).hostname or "",
    )
    draft.link(url)
    draft.about("brand", record.text("target", "brand"))
    draft.identify("ip", record.text("ip"))
    draft.identify("asn", record.text("asn").upper().removeprefix("AS"))
    draft.keep("phishing-csv", record.rest())
    yield from draft.items()


def _seen_at(record: Record) -> str:
    """OpenPhish also writes 31-01-2026 12:00:00 UTC."""
    found = _DISCOVERED.fullmatch(str(record.data.get(DISCOVERED, "")))
    if found is None or any(name in record for name in TIMES):
        return moment(record, *TIMES, DISCOVERED)
    record.drop(DISCOVERED)
    day, month, year, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).isoformat()
    except ValueError:
        sentence = "is no time that a calendar has"
        raise UnfitError(record.at(DISCOVERED), "range", sentence) from None


def _problem(header: Sequence[str]) -> str:
    """What is wrong with the first line; empty when nothing is."""
    if any(header) and (problem := header_problem(header)):
        return problem
    if "url" not in header or not {*TIMES, DISCOVERED} & set(header):
        return f"must name the columns: url, and {', '.join(TIMES)} or {DISCOVERED} among them"
    return ""
