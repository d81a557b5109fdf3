"""Takes in evidence files and gives them out again; both are their chain of custody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, InvalidError, TooLargeError
from abusedesk.core.models import User
from cases import claims, fields, media, policy
from cases.models import Case, EvidenceFile

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_FILES: Final = 100
NAME_LIMIT: Final = 200
NOTE_LIMIT: Final = 500
CHUNK: Final = 64 * 1024
ROOT: Final = "evidence"
# No upload lasts an hour; what is older than a week has been looked at many times.
ORPHAN_AFTER: Final = timedelta(hours=1)
ORPHAN_UNTIL: Final = timedelta(days=7)


@transaction.atomic
def add_file(*, actor: User, case: Case, upload: File[bytes], note: str = "") -> EvidenceFile:
    """Store the bytes under their SHA-256. The same bytes again are the file that is there.

    It adds to the case and changes nothing in it, so it needs no version.
    """
    policy.require(actor, "case.file", case)
    name = fields.text(media.plain_name(upload.name or ""), field="name", limit=NAME_LIMIT)
    note = fields.text(note, field="note", limit=NOTE_LIMIT, required=False)
    sha256, size, head = _measured(upload)
    case = claims.lock(case)
    known = case.files.filter(sha256=sha256).first()
    if known is not None:
        return known
    if case.files.count() >= MAX_FILES:
        message = f"A case has at most {MAX_FILES} files."
        raise InvalidError(message, field="file")
    _store(sha256, size, upload)
    file = EvidenceFile.objects.create(
        case=case,
        name=name,
        sha256=sha256,
        size=size,
        media_type=media.type_of(head),
        note=note,
        added_by=actor,
    )
    audit.append(
        actor=actor,
        verb=Verb.FILE_ADDED,
        target=case,
        file=file.pk,
        name=name,
        size=size,
        sha256=sha256,
    )
    return file


def read_file(*, actor: User, file: EvidenceFile) -> File[bytes]:
    """The bytes, after they were compared with their hash; the audit chain knows who had them.

    Raises ConflictError when they are not what was put there, and gives nothing out.
    """
    policy.require(actor, "case.view", file.case)
    stored = _intact(file)
    verb = Verb.FILE_BROKEN if stored is None else Verb.FILE_READ
    audit.append(
        actor=actor,
        verb=verb,
        target=file.case,
        file=file.pk,
        name=file.name,
        sha256=file.sha256,
    )
    if stored is None:
        message = f"The stored bytes of {file.name} are gone or do not match their SHA-256."
        raise ConflictError(message, sha256=file.sha256)
    return stored


@transaction.atomic
def drop_orphans() -> int:
    """Delete bytes that lie in the store without a file: what put them there was rolled back.

    Every minute looks into another part of the store. Returns how many.
    """
    now = clock.now()
    part = f"{ROOT}/{int(now.timestamp() // 60) % 256:02x}"
    try:
        _, names = default_storage.listdir(part)
    except FileNotFoundError:
        return 0
    old = [name for name in names if ORPHAN_AFTER < now - _written(name) < ORPHAN_UNTIL]
    dropped = 0
    for sha256 in old:
        _wait_for(sha256)
        if not EvidenceFile.objects.filter(sha256=sha256).exists():
            default_storage.delete(_path(sha256))
            dropped += 1
    return dropped


def _measured(upload: File[bytes]) -> tuple[str, int, bytes]:
    """SHA-256, size, first bytes. Raises TooLargeError, InvalidError for an empty file."""
    digest, size, head = hashlib.sha256(), 0, b""
    for chunk in upload.chunks(CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            message = f"A file has at most {MAX_BYTES // 1024 // 1024} MiB."
            raise TooLargeError(message, field="file")
        head = head or chunk[: media.HEAD]
        digest.update(chunk)
    if not size:
        message = "The file is empty."
        raise InvalidError(message, field="file")
    return digest.hexdigest(), size, head


def _store(sha256: str, size: int, upload: File[bytes]) -> None:
    """Write the bytes unless they lie there whole; two who bring the same ones wait in a row."""
    _wait_for(sha256)
    path = _path(sha256)
    if default_storage.exists(path):
        if default_storage.size(path) == size:
            return
        default_storage.delete(path)  # a writer died on the way
    upload.seek(0)
    default_storage.save(path, upload)


def _wait_for(sha256: str) -> None:
    """Until nobody else brings or drops these bytes; until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [sha256])


def _written(sha256: str) -> datetime:
    return default_storage.get_modified_time(_path(sha256))


def _intact(file: EvidenceFile) -> File[bytes] | None:
    """The stored file at its beginning, if it is what was put there."""
    try:
        stored = default_storage.open(_path(file.sha256))
    except OSError:
        return None
    digest = hashlib.sha256()
    for chunk in _chunks(stored):
        digest.update(chunk)
    stored.seek(0)
    if digest.hexdigest() == file.sha256:
        return stored
    stored.close()
    return None


def _chunks(stored: File[bytes]) -> Iterator[bytes]:
    while chunk := stored.read(CHUNK):
        yield chunk


def _path(sha256: str) -> str:
    return f"{ROOT}/{sha256[:2]}/{sha256}"
