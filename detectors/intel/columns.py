"""What each column of a report is for: by its name, misspelt or not, else by what stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from detectors.intel.cells import read_cell
from detectors.intel.forms import Kind
from detectors.intel.phases import phase_of
from detectors.lookalike.distances import distance
from detectors.watching.things import TYPES

MAX_NAME: Final = 60
MAX_EDITS: Final = 2
LOOKED_AT: Final = 200
PREAMBLE: Final = 15
"""Rows above a header: titles, dates, notes of the authors."""


class Role(StrEnum):
    """What a column says of its row. A column of a type says `value` and the type."""

    VALUE = "value"
    TYPE = "type"
    PHASE = "phase"
    TECHNIQUE = "technique"
    PROCEDURE = "procedure"
    NOTE = "note"
    SEEN = "seen"
    LAST = "last"
    CONFIDENCE = "confidence"
    PLATFORM = "platform"
    OTHER = ""


_ROLE_NAMES: Final[dict[Role, str]] = {
    Role.VALUE: "indicator,indicators,indicator value,value,values,ioc,iocs,ioc value,observable,"
    "observables,artifact,artefact,indikator,indikatoren,wert,indicateur,valeur,indicador,valor,"
    "indicatore,atomic indicator,network indicator",
    Role.TYPE: "type,indicator type,ioc type,observable type,value type,kind,typ,tipo,data type,"
    "category,entity type",
    Role.PHASE: "tactic,tactics,phase,kill chain,kill chain phase,killchain phase,tactic name,"
    "stage",
    Role.TECHNIQUE: "technique,techniques,technique name",
    Role.PROCEDURE: "procedure,procedures,sub technique",
    Role.NOTE: "note,notes,comment,comments,description,remark,remarks,context,details,detail,"
    "bemerkung,kommentar,commentaire,comentario,notas,additional information,summary",
    Role.SEEN: "ds,date,first seen,firstseen,first observed,date added,observed,seen,created,datum,"
    "fecha,day",
    Role.LAST: "last seen,lastseen,last observed,updated,modified",
    Role.CONFIDENCE: "confidence,confidence level,score,certainty",
    Role.PLATFORM: "platform,network,service,social network,plattform",
}
_TYPE_NAMES: Final[dict[str, str]] = {
    "domain": "domain,domains,domain name,domain names,domainname,hostname,hostnames,host,fqdn,"
    "website,websites,site,dns,domaine,dominio",
    "url": "url,urls,link,links,uri,web address,landing page,website url,address",
    "ip": "ip,ips,ip address,ip addresses,ipv4,ipv6,ipaddress,ip addr,ipv4 addr,ipv6 addr,"
    "ip dst,ip src,adresse ip",
    "email": "email,emails,e mail,mail,email address,email addresses,email addr,email src,sender",
    "hash": "hash,hashes,md5,sha1,sha 1,sha256,sha 256,sha512,file hash,checksum,filehash",
    "account": "account,accounts,account id,profile,profiles,social account,user account,user id",
    "handle": "handle,handles,screen name,username,user name,usernames,nick",
    "phone": "phone,phones,phone number,phone numbers,telephone,mobile,msisdn,whatsapp",
    "wallet": "wallet,wallets,wallet address,crypto address,bitcoin address,btc,eth,btc address,"
    "eth address,cryptocurrency address",
    "app": "app,apps,app id,package,package name,bundle id,android package name,android package,"
    "ios app id,application,chrome extension id,extension id,mobile app",
}
_BY_NAME: Final = {
    **{name: (role, "") for role, names in _ROLE_NAMES.items() for name in names.split(",")},
    **{
        name: (Role.VALUE, kind) for kind, names in _TYPE_NAMES.items() for name in names.split(",")
    },
}
_SHORT, _LONG = 4, 6
"""Names below these lengths allow no misspelling, and one."""
_FILL: Final = re.compile(r"[\s_\-/.:*()#\"'`]+")
_MOST: Final = 0.5
_NO_ACCIDENT: Final = 2
"""So many known names make a header, also without one for values."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. kind: the type of its values, where its name says one."""

    name: str
    role: Role
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns of a table; the rows from `first` on are its content, those before it are titles."""

    columns: tuple[Column, ...]
    first: int
    places: Mapping[Role, tuple[int, ...]]

    @classmethod
    def of(cls, columns: tuple[Column, ...], first: int) -> Self:
        """With the places of the columns of each role, which every row asks for."""
        places = {
            role: tuple(place for place, one in enumerate(columns) if one.role is role)
            for role in Role
        }
        return cls(columns, first, places)


@lru_cache(maxsize=4_096)
def named(raw: str) -> tuple[Role, str]:
    """What a column is for, by its name. Of two that are as near, the first in the table."""
    name = _FILL.sub(" ", raw.casefold()).strip()
    if known := _BY_NAME.get(name):
        return known
    if not _SHORT <= len(name) <= MAX_NAME:
        return Role.OTHER, ""
    edits = MAX_EDITS if len(name) >= _LONG else 1
    near = [
        (distance(name, other), other)
        for other in _BY_NAME
        if len(other) >= _SHORT and abs(len(other) - len(name)) <= edits
    ]
    best = min(near, default=(MAX_EDITS + 1, ""))
    return _BY_NAME[best[1]] if best[0] <= edits else (Role.OTHER, "")


@lru_cache(maxsize=4_096)
def type_of(said: str) -> str:
    """The type that a cell or a heading says ("android_package_name", "URLs"); else empty."""
    words = _FILL.sub(" ", said.casefold()).split()
    if not words:
        return ""
    if (one := " ".join(words)) in TYPES:
        return one
    # The longest name that ends it: "cib url" is a url, "malicious ip addresses" are addresses.
    for first in range(len(words)):
        known = _BY_NAME.get(" ".join(words[first:]))
        if known and known[1]:
            return known[1]
    return named(said)[1]


def layout_of(rows: Sequence[Sequence[str]], *, is_headed: bool = False) -> Layout:
    """The columns of a table, by its header or by what stands in it."""
    if is_headed and rows:
        columns = tuple(Column(cell.strip(), *named(cell)) for cell in rows[0])
        return Layout.of(_chosen(columns, rows[1:]), 1)
    for place, row in enumerate(rows[:PREAMBLE]):
        if columns := _header(row):
            return Layout.of(_chosen(columns, rows[place + 1 :]), place + 1)
    return Layout.of(_inferred(rows), 0)


def _header(row: Sequence[str]) -> tuple[Column, ...]:
    """The columns that a row names; empty when it is none."""
    cells = [cell.strip() for cell in row]
    if any(len(cell) > MAX_NAME or _is_value(cell) for cell in cells):
        return ()
    found = [Column(cell, *named(cell)) for cell in cells]
    known = [one for one in found if one.role is not Role.OTHER]
    values = [one for one in known if one.role is Role.VALUE]
    filled = sum(1 for cell in cells if cell)
    enough = values or len(known) >= _NO_ACCIDENT
    return tuple(found) if enough and len(known) * 3 >= filled else ()


def _chosen(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """Where a column says `indicator`, columns of types beside it are other details."""
    values = [one for one in columns if one.role is Role.VALUE]
    if not values:
        return _with_content(columns, rows)
    if any(not one.kind for one in values):
        return tuple(
            Column(one.name, Role.OTHER) if one.role is Role.VALUE and one.kind else one
            for one in columns
        )
    return tuple(columns)


def _inferred(rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    width = max((len(row) for row in rows[:LOOKED_AT]), default=0)
    return _with_content([Column("", Role.OTHER)] * width, rows)


def _with_content(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """Unnamed columns by what stands in them: values, then types and phases, the rest notes."""
    free = [place for place, one in enumerate(columns) if one.role is Role.OTHER]
    found = list(columns)
    shares = {place: _share(rows, place, _is_value) for place in free}
    best = max(shares, key=lambda place: (shares[place], -place), default=None)
    if best is not None and (shares[best] > 0 or len(columns) == 1):
        found[best] = Column(columns[best].name, Role.VALUE)
    elif best is not None and not any(one.name for one in columns):
        longest = max(
            free, key=lambda place: sum(len(row[place]) for row in rows if place < len(row))
        )
        found[longest] = Column("", Role.VALUE)
    for place in free:
        if found[place].role is not Role.OTHER:
            continue
        name = columns[place].name
        if not name and _share(rows, place, lambda cell: bool(type_of(cell))) > _MOST:
            found[place] = Column(name, Role.TYPE)
        elif not name and _share(rows, place, lambda cell: bool(phase_of(cell).phase)) > _MOST:
            found[place] = Column(name, Role.PHASE)
        elif not name:
            found[place] = Column(name, Role.NOTE)
    return tuple(found)


def _share(rows: Sequence[Sequence[str]], place: int, test: Callable[[str], bool]) -> float:
    said = [row[place] for row in rows[:LOOKED_AT] if place < len(row) and row[place].strip()]
    return sum(1 for cell in said if test(cell)) / len(said) if said else 0.0


@lru_cache(maxsize=8_192)
def _is_value(cell: str) -> bool:
    return bool(cell.strip()) and read_cell(cell).kind is Kind.ENTITY
