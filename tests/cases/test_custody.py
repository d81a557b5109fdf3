"""Evidence files: kept once, given out whole or not at all, and who had them is never lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abusedesk.core.errors import InvalidError, NotFoundError, TooLargeError
from abusedesk.core.models import Role, User
from cases import media
from cases.choices import State
from cases.models import Case, EvidenceFile
from cases.selectors.content import custodies_of, custody_of, file_by_id, files_of
from cases.services import file as files
from cases.services.file import add_file, read_file
from tests.cases import build

pytestmark = pytest.mark.django_db
TEXT = b"ledger of the shop"


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store of this test's own."""
    own = FileSystemStorage(location=tmp_path)
    monkeypatch.setattr(files, "default_storage", own)
    return tmp_path


@pytest.fixture
def ada() -> User:
    return build.user(name="ada")


def _put(actor: User, case: Case, content: bytes = TEXT, name: str = "a.txt") -> EvidenceFile:
    return add_file(actor=actor, case=case, upload=ContentFile(content, name=name))


def _stored(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db(transaction=True)
@pytest.mark.row(56)
def test_eight_who_bring_the_same_bytes_at_once_make_one_file_and_one_entry(
    ada: User, store: Path
) -> None:
    case = build.case()
    made = build.at_once(8, lambda place: _put(ada, case, name=f"{place}.txt").pk)
    assert len(set(made)) == 1
    assert build.verbs(case) == ["case.file_added"]
    assert _stored(store) == [hashlib.sha256(TEXT).hexdigest()]


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_in_eight_cases_at_once_are_eight_files_over_one_in_the_store(
    ada: User, store: Path
) -> None:
    cases = [build.case() for _ in range(8)]
    made = build.at_once(8, lambda place: _put(ada, cases[place]).pk)
    assert len(set(made)) == 8
    assert len(_stored(store)) == 1
    for pk in made:
        with read_file(actor=ada, file=EvidenceFile.objects.get(pk=pk)) as stored:
            assert stored.read() == TEXT


@pytest.mark.row(56)
def test_custody_names_everybody_in_order_on_the_page_and_none_of_another_file(ada: User) -> None:
    case, bob = build.case(), build.user(name="bob")
    first, second = _put(ada, case), _put(bob, case, b"other", "b.txt")
    for actor, file in ((bob, first), (ada, second), (ada, first)):
        read_file(actor=actor, file=file).close()
    told = [(one.actor, one.verb) for one in custody_of(first, ada)]
    assert told == [
        ("ada", "case.file_read"),
        ("bob", "case.file_read"),
        ("ada", "case.file_added"),
    ]
    together = custodies_of(case, ada)
    assert [one.verb for one in together[first.pk]] == [verb for _, verb in told]
    assert [one.actor for one in together[second.pk]] == ["ada", "bob"]
    page = _browser(ada).get(f"/cases/{case.ref}/?tab=files").content.decode()
    assert page.count("downloaded the file") == 3


def test_a_download_through_the_page_is_an_entry_with_who_asked(ada: User) -> None:
    case = build.case()
    file = _put(ada, case)
    answer = _browser(build.user(name="eve")).get(f"/cases/{case.ref}/files/{file.pk}/")
    assert b"".join(answer.streaming_content) == TEXT  # type: ignore[attr-defined]  # a FileResponse
    newest = custody_of(file, ada)[0]
    assert (newest.actor, newest.verb) == ("eve", "case.file_read")


@pytest.mark.parametrize("harm", ["changed", "shorter", "gone"])
def test_a_page_gives_nothing_out_of_a_store_that_somebody_reached_into(
    ada: User, store: Path, harm: str
) -> None:
    case = build.case()
    file = _put(ada, case)
    stored = store / "evidence" / file.sha256[:2] / file.sha256
    lies = {"changed": TEXT[:-1] + b"!", "shorter": TEXT[:4]}
    stored.unlink()
    if harm in lies:
        stored.write_bytes(lies[harm])
    answer = _browser(ada).get(f"/cases/{case.ref}/files/{file.pk}/")
    assert answer.status_code == 409
    assert "do not match their SHA-256" in answer.content.decode()
    assert lies.get(harm, TEXT) not in answer.content
    assert build.verbs(case)[-1] == "case.file_broken"


def test_who_brings_the_true_bytes_again_mends_a_store_that_lost_them(
    ada: User, store: Path
) -> None:
    case, other = build.case(), build.case()
    file = _put(ada, case)
    (store / "evidence" / file.sha256[:2] / file.sha256).unlink()
    _put(ada, other)
    with read_file(actor=ada, file=file) as stored:
        assert stored.read() == TEXT


@pytest.mark.parametrize(("role", "status"), [(Role.PARTNER, 404), (Role.INTEGRATION, 302)])
def test_who_may_not_see_the_case_neither_adds_nor_reads_nor_learns_of_a_file(
    ada: User, role: Role, status: int
) -> None:
    case = build.case()
    file, stranger = _put(ada, case), build.user(role)
    with pytest.raises(NotFoundError):
        _put(stranger, case, b"mine")
    with pytest.raises(NotFoundError):
        read_file(actor=stranger, file=file)
    assert list(files_of(case, stranger)) == []
    assert custody_of(file, stranger) == []
    assert custodies_of(case, stranger) == {}
    browser = _browser(stranger)
    for path in (f"/cases/{case.ref}/files/{file.pk}/", f"/cases/{case.ref}/?tab=files"):
        assert browser.get(path).status_code == status
    assert build.verbs(case) == ["case.file_added"]


def test_a_file_is_found_only_under_its_own_case(ada: User) -> None:
    file, other = _put(ada, build.case()), build.case()
    assert _browser(ada).get(f"/cases/{other.ref}/files/{file.pk}/").status_code == 404
    assert file_by_id(file.pk, file.case, ada) == file


def test_the_file_after_the_last_one_is_refused_but_one_that_is_there_is_not(
    ada: User, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 2)
    case = build.case()
    first, _ = _put(ada, case, b"1"), _put(ada, case, b"2")
    with pytest.raises(InvalidError, match="at most 2 files"):
        _put(ada, case, b"3")
    assert _put(ada, case, b"1") == first
    assert len(_stored(store)) == 2


@pytest.mark.parametrize(("size", "taken"), [(9, True), (10, True), (11, False)])
def test_a_file_may_be_as_large_as_the_limit_and_not_a_byte_larger(
    ada: User, store: Path, monkeypatch: pytest.MonkeyPatch, size: int, taken: bool
) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    case = build.case()
    if taken:
        assert _put(ada, case, b"x" * size).size == size
    else:
        with pytest.raises(TooLargeError):
            _put(ada, case, b"x" * size)
        assert _stored(store) == []
        assert build.verbs(case) == []


def test_a_page_says_that_the_bytes_are_there_and_under_which_name(ada: User) -> None:
    case, browser = build.case(), _browser(ada)
    path = f"/cases/{case.ref}/files/"
    for name, told in (("a\u200bb.txt", ""), ("copy.txt", "lie here already, as ab.txt")):
        upload = SimpleUploadedFile(name, TEXT)
        answer = browser.post(path, {"file": upload}, follow=True).content.decode()
        assert told in answer
    assert "lie here already" not in browser.get(f"/cases/{case.ref}/").content.decode()
    assert case.files.count() == 1


@pytest.mark.row(84)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("shot.png", "shot.png"),
        ("<img src=x onerror=alert(1)>.png", "&lt;img src=x onerror=alert(1)&gt;.png"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", "file"),
        ("\u200b", "file"),
    ],
)
def test_the_page_shows_the_name_of_a_file_as_it_is_and_nothing_that_hides(
    ada: User, name: str, shown: str
) -> None:
    case = build.case()
    _put(ada, case, name=name)
    page = _browser(ada).get(f"/cases/{case.ref}/?tab=files").content.decode()
    assert f"<bdi>{shown}</bdi></h2>" in page
    assert "onerror=alert(1)>" not in page


@pytest.mark.parametrize(
    ("head", "type"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x89PNG\r\n\x1a", media.UNKNOWN),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", media.UNKNOWN),
        (b"GIF89a", media.UNKNOWN),
        (b"<svg xmlns=", media.UNKNOWN),
        (b" \x89PNG\r\n\x1a\n", media.UNKNOWN),
        (b"", media.UNKNOWN),
    ],
)
def test_only_the_first_bytes_say_what_may_be_shown(head: bytes, type: str) -> None:
    assert media.type_of(head) == type


def test_a_closed_case_takes_evidence_and_stays_closed(ada: User) -> None:
    closed = build.case(state=State.CLOSED)
    seen = closed.version
    assert _put(ada, closed).case == closed
    closed.refresh_from_db()
    assert (closed.state, closed.version) == (State.CLOSED, seen)
