"""Mail as signals: files of messages, the sender, the text, links, attachments, the way it went."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from io import BufferedReader
from itertools import islice
from typing import Any, Final

from detectors.adapters.base import MAX_PART, Adapter, Outcome, Refusal, UnfitError, attempt
from detectors.adapters.kit.addresses import Address, addresses, route
from detectors.adapters.kit.bounds import digest, one_line
from detectors.adapters.kit.documents import WHOLE
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.encodings import words
from detectors.adapters.kit.html import text_of
from detectors.adapters.kit.mime import ENVELOPE, MESSAGE, Part, leaves, parse
from detectors.adapters.kit.moments import mail_date
from detectors.schema import Kind

RFC822: Final = "message/rfc822"
MBOX: Final = "application/mbox"
PLATFORM: Final = "email"
MAX_INSIDE: Final = 20
MAX_ATTACHED: Final = 50
MAX_MARKUP: Final = 1_000_000
ID_DIGITS: Final = 16
HTML: Final = "text/html"
PLAIN: Final = "text/plain"
RECIPIENTS: Final = ("to", "cc", "delivered-to", "x-original-to")
NAMED: Final = frozenset({"from", "to", "date", "subject"})
"""Fields that tell a message without id from others, whichever way it came."""
LINKS: Final = ("http://", "https://", "ftp://")


class MailAdapter(Adapter):
    """An adapter of messages, alone or in an mbox; `letter` says what one becomes."""

    def stream(self, file: BufferedReader) -> Iterator[Outcome]:
        """Signals of every message in the file."""
        for place, raw in messages(file):
            if isinstance(raw, Refusal):
                yield raw
            else:
                yield from attempt(self.letter(raw, place), partial(bytes, raw))

    def letter(self, raw: bytes, place: str) -> Iterator[Outcome]:
        """Signals of one message. Raises UnfitError where it is none of this format."""
        raise NotImplementedError


def messages(file: BufferedReader) -> Iterator[tuple[str, bytes | Refusal]]:
    """The messages of an mbox, which begins with `From `; else the file is one message."""
    line = file.readline(MAX_PART)
    if not line.startswith(ENVELOPE):
        raw = line + file.read(MAX_PART + 1 - len(line))
        yield WHOLE, _checked(raw, WHOLE)
        return
    number, pieces, size, is_blank = 1, [line], len(line), False
    while line := file.readline(MAX_PART):
        if is_blank and line.startswith(ENVELOPE):
            yield f"message {number}", _checked(b"".join(pieces), f"message {number}")
            number, pieces, size = number + 1, [], 0
        is_blank = not line.strip()
        if size <= MAX_PART:
            pieces.append(line.replace(b">", b"", 1) if _is_quoted(line) else line)
        size += len(line)
    yield f"message {number}", _checked(b"".join(pieces), f"message {number}")


def letter_signals(raw: bytes, place: str, format: str) -> Iterator[Outcome]:
    """The mail, then the mails that are attached to it."""
    message = parse(raw, place)
    parts = leaves(message)
    yield from letter_draft(message, parts, place, format).items()
    inside = (part for part in parts if part.media_type in MESSAGE and part is not message)
    for part in islice(inside, MAX_INSIDE):
        yield from attempt(attached(part, place, format), part.content)


def attached(part: Part, place: str, format: str) -> Iterator[Outcome]:
    """The mail in a part."""
    where = f"{place}.part {part.path}"
    message = parse(part.content(), where)
    yield from letter_draft(message, leaves(message), where, format).items()


def letter_draft(message: Part, parts: list[Part], place: str, format: str) -> Draft:
    """The signal of a message."""
    sender = author(message)
    text, links, is_whole = body_of(parts)
    subject = one_line(words(message.header("subject")))
    draft = Draft(
        kind=Kind.MAIL,
        platform=PLATFORM,
        external_id=letter_id(message),
        at=sent_at(message, place),
        actor=sender.mailbox,
        profile={"name": sender.name, "handle": sender.mailbox},
        text="\n\n".join(one for one in (subject, text) if one),
    )
    if not is_whole:
        draft.cut("text")
    draft.about("subject", subject)
    draft.link(*links)
    draft.identify("email", sender.mailbox)
    draft.identify("email", *(one.mailbox for one in addresses(message.header("reply-to"))))
    for name in RECIPIENTS:
        draft.about("target", *(one.mailbox for one in addresses(message.header(name))))
    draft.about("ip", *route(message))
    files = [_file(part) for part in parts if _is_file(part)]
    draft.about("hash", *(one["sha256"] for one in files))
    draft.keep(format, {}, files=files[:MAX_ATTACHED], headers=head_of(message))
    return draft


def author(message: Part) -> Address:
    """Who it says it is from."""
    for name in ("from", "sender", "return-path"):
        if found := addresses(message.header(name)):
            return found[0]
    return Address("", "")


def letter_id(message: Part) -> str:
    """Message-ID and a digest of the body: senders choose ids, and some use one again."""
    known = one_line(message.header("message-id")).strip("<>")
    body = digest(message.body.replace(b"\r\n", b"\n").strip())
    if known:
        return f"mail-{known}-{body[:ID_DIGITS]}"
    named = [one for one in message.headers if one[0].lower() in NAMED]
    return f"mail-{digest([named, body])}"


def sent_at(message: Part, place: str) -> str:
    """The Date field, else the newest Received. Raises UnfitError without either."""
    if when := mail_date(message.header("date")):
        return when
    for received in message.all("received"):
        if when := mail_date(received.rpartition(";")[2]):
            return when
    sentence = "has no Date that is one, and no Received field says a time; none is ever guessed"
    raise UnfitError(place, "required", sentence)


def body_of(parts: list[Part]) -> tuple[str, list[str], bool]:
    """Plain text where there is some, else the text of the markup; links of the markup always.

    Last: whether all markup was read; of each part no more than MAX_MARKUP characters is.
    """
    shown = [part for part in parts if not part.is_attached]
    plain = "\n\n".join(part.text().strip() for part in shown if part.media_type == PLAIN)
    markup = [part.text() for part in shown if part.media_type == HTML]
    read = [text_of(one[:MAX_MARKUP]) for one in markup]
    links = [link for _, found in read for link in found if link.lower().startswith(LINKS)]
    text = plain or "\n\n".join(text for text, _ in read)
    return text, links, all(len(one) <= MAX_MARKUP for one in markup)


def head_of(message: Part) -> list[str]:
    """Header fields as they stand, one a text."""
    return [f"{name}: {words(value)}" for name, value in message.headers]


def _checked(raw: bytes, place: str) -> bytes | Refusal:
    if not raw.strip():
        return Refusal(place, "empty", "is empty", b"")
    if len(raw) > MAX_PART:
        sentence = f"is a message of more than {MAX_PART // 2**20} MiB"
        return Refusal(place, "size", sentence, raw)
    return raw


def _is_quoted(line: bytes) -> bool:
    """mboxrd: `>From ` stands for `From `, `>>From ` for `>From `."""
    return line.startswith(b">") and line.lstrip(b">").startswith(ENVELOPE)


def _is_file(part: Part) -> bool:
    return part.is_attached or part.media_type not in {PLAIN, HTML, *MESSAGE}


def _file(part: Part) -> dict[str, Any]:
    content = part.content()
    return {
        "name": part.file_name,
        "media_type": part.media_type,
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
    }
