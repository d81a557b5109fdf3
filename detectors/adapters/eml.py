"""Mail: one message, or a file of them."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.adapters.base import Meta, Outcome
from detectors.adapters.kit.mail import MBOX, RFC822, MailAdapter, letter_signals
from detectors.schema import Kind


class Eml(MailAdapter):
    """A message becomes a `mail`; messages attached to it become further ones."""

    meta = Meta(
        slug="eml",
        title="Mail message (eml, mbox)",
        doc="A message as it came, or an mbox of many, which begins with `From `. The actor is the"
        " mailbox in From. Text is subject and plain text, or the markup without its tags; links of"
        " the markup are kept as links. Recipients are `target:`, the subject `subject:`,"
        " attachments `hash:` with their SHA-256 (their bytes are not kept). From and Reply-To are"
        " identifiers of the actor. Addresses in Received and X-Originating-IP are objects, not"
        " identifiers: anybody can write them, and they would tie strangers to one machine. Header"
        " fields stay in `attributes.eml.headers`. A message attached as message/rfc822 is a"
        " `mail` of its own. Up to 200 parts in 8 levels are read, of markup a million characters a"
        " part; character sets that mail does"
        " not know are read as UTF-8 or Latin-1.",
        media_types=(RFC822, MBOX),
        suffixes=(".eml", ".mbox", ".mbx"),
        spec="RFC 5322, RFC 2045 to 2047, RFC 2231; RFC 4155 for mbox, quoted as mboxrd does",
        kinds=(Kind.MAIL,),
        platforms="`email`",
        time="the Date field; where it is missing or no date, the newest Received field",
        external_id="Message-ID and a digest of the body, because senders choose ids and some use"
        " one again; without an id a digest of From, To, Date, Subject and body",
    )

    def letter(self, raw: bytes, place: str) -> Iterator[Outcome]:
        """Signals of one message."""
        yield from letter_signals(raw, place, "eml")
