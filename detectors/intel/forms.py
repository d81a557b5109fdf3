"""What a cell of a report can be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from detectors.watching.things import Thing


class Form(StrEnum):
    """How the content of a cell looks."""

    DOMAIN = "domain"
    URL = "url"
    BARE_URL = "bare-url"
    APP = "app"
    HASH = "hash"
    IP = "ip"
    EMAIL = "email"
    PHONE = "phone"
    WALLET = "wallet"
    ACCOUNT = "account"
    HANDLE = "handle"
    BROKEN = "broken"
    INSIDE = "inside"
    MISMATCH = "mismatch"
    COUNT = "count"
    TEXT = "text"
    EMPTY = "empty"


class Kind(StrEnum):
    """What may become of a row."""

    ENTITY = "entity"
    CANDIDATE = "candidate"
    AGGREGATE = "aggregate"
    NOTE = "note"
    EMPTY = "empty"


FORM_WORDS: Final[dict[Form, str]] = {
    Form.DOMAIN: "domain",
    Form.URL: "web address",
    Form.BARE_URL: "web address without scheme",
    Form.APP: "app",
    Form.HASH: "hash",
    Form.IP: "IP address",
    Form.EMAIL: "e-mail",
    Form.PHONE: "phone",
    Form.WALLET: "wallet",
    Form.ACCOUNT: "account",
    Form.HANDLE: "handle",
    Form.BROKEN: "web address broken by a space",
    Form.INSIDE: "value inside a text",
    Form.MISMATCH: "not the type it is said to be",
    Form.COUNT: "count",
    Form.TEXT: "text",
    Form.EMPTY: "empty",
}
_OTHERS: Final[dict[Form, Kind]] = {
    Form.BROKEN: Kind.CANDIDATE,
    Form.INSIDE: Kind.CANDIDATE,
    Form.MISMATCH: Kind.CANDIDATE,
    Form.COUNT: Kind.AGGREGATE,
    Form.TEXT: Kind.NOTE,
    Form.EMPTY: Kind.EMPTY,
}
MAX_THINGS: Final = 50
"""Values of one cell; more is a text that was pasted into it."""


def kind_of(form: Form) -> Kind:
    """What may become of a row of this form."""
    return _OTHERS.get(form, Kind.ENTITY)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. things: type and canonical value of each; message: what to look at."""

    form: Form
    things: tuple[Thing, ...] = ()
    message: str = ""

    @property
    def kind(self) -> Kind:
        """What may become of it."""
        return kind_of(self.form)
