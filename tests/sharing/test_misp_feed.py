"""The MISP feed of a circle: files that PyMISP reads, what a partner may have, and nothing else."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pymisp import MISPEvent
from pymisp.tools import feed_meta_generator

from abusedesk.core import clock
from abusedesk.core.errors import ConflictError
from cases.choices import Tlp, WayOut
from cases.models import Case, Circle, Handover, Partner, Share, SharedEvent, ShareTarget
from cases.services.circle import CircleText, save_circle
from cases.services.handover import hand_over
from cases.services.partner import issue_partner_token
from cases.services.recall import Receipt, acknowledge_recall, recall_share
from cases.services.share import approve_share, ask_approval, change_share
from tests.sharing import desk
from tests.sharing.desk import Sharing

pytestmark = pytest.mark.django_db
MANIFEST: Final = "/misp/ring/manifest.json"
HASHES: Final = "/misp/ring/hashes.csv"


@pytest.fixture
def on() -> Sharing:
    return desk.desk(tlp="clear")


def door(on: Sharing, number: int = 0) -> Client:
    """A MISP that reads with the token of a partner."""
    _, plain = issue_partner_token(
        actor=on.admin, partner=on.partners[number], name=f"misp {number}", days=9
    )
    return Client(headers={"Authorization": f"Bearer {plain}"})


def read(misp: Client, path: str, **headers: str) -> bytes:
    answer = misp.get(path, headers=headers)
    assert answer.status_code == 200, answer.content
    return bytes(answer.content)


def manifest(misp: Client) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(misp, MANIFEST))
    return found


def event(misp: Client, uuid: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read(misp, f"/misp/ring/{uuid}.json"))["Event"]
    return found


def folder(misp: Client, into: Path) -> Path:
    """The feed as a MISP would fetch it, file by file."""
    for uuid in manifest(misp):
        (into / f"{uuid}.json").write_bytes(read(misp, f"/misp/ring/{uuid}.json"))
    return into


def revised(on: Sharing, share: Share, **changes: Any) -> Share:
    row = change_share(actor=on.reviewer, share=share, said=desk.said(on, **changes))
    row = ask_approval(actor=on.reviewer, share=row)
    return approve_share(actor=on.lead, share=row, digest=row.digest)


@pytest.mark.row(60)
def test_pymisp_makes_the_same_manifest_and_hashes_of_the_served_events(
    on: Sharing, tmp_path: Path
) -> None:
    share = desk.shared(on)
    misp = door(on)
    uuid = str(share.renditions.get().misp.uuid)
    assert list(manifest(misp)) == [uuid]
    theirs = folder(misp, tmp_path)
    feed_meta_generator(theirs)
    assert json.loads(read(misp, MANIFEST)) == json.loads((theirs / "manifest.json").read_text())
    assert read(misp, HASHES).decode() == (theirs / "hashes.csv").read_text()
    loaded = MISPEvent()
    loaded.load_file(str(theirs / f"{uuid}.json"))
    told = event(misp, uuid)
    assert len(loaded.attributes) == len(told["Attribute"])
    assert len(loaded.objects) == len(told["Object"])
    assert {one.name for one in loaded.tags} == {"tlp:amber", "PAP:AMBER"}
    assert (loaded.uuid, loaded.info, loaded.distribution) == (uuid, "Refund scam, autumn", 0)
    fed = loaded.to_feed(with_meta=True, with_distribution=True)["Event"]
    assert json.loads(json.dumps(fed["_manifest"])) == json.loads(read(misp, MANIFEST))
    assert [f"{one},{uuid}" for one in fed["_hashes"]] == read(misp, HASHES).decode().splitlines()


def test_the_event_tells_what_the_bundle_tells(on: Sharing) -> None:
    share = desk.shared(on)
    told = event(door(on), str(share.renditions.get().misp.uuid))
    by_value = {one["value"]: one for one in told["Attribute"]}
    domain = by_value[desk.DOMAIN]
    assert (domain["type"], domain["to_ids"], domain["deleted"]) == ("domain", True, False)
    assert by_value["198.51.100.77"]["type"] == "ip-dst"
    (hashed,) = [one for one in told["Attribute"] if one["value"].startswith("hmac:")]
    assert hashed["comment"] == "email, hashed with the key of a circle"
    assert not hashed["to_ids"]
    comments = {one["comment"]: one["value"] for one in told["Attribute"]}
    assert comments["note"] == "Seen since October."
    assert comments["summary"] == "A crew sells refunds that do not exist."
    assert comments["decision"].startswith("Abuse confirmed")
    assert len(told["Object"]) == 8, "an object for each account"
    assert told["analysis"] == "2"
    text = json.dumps(told)
    assert desk.MAIL not in text
    assert "Quillfeather" not in text


@pytest.mark.parametrize(
    ("level", "group", "distribution"),
    [
        ("clear", None, "3"),
        ("green", None, "1"),
        ("amber", None, "0"),
        ("amber", UUID(int=7), "4"),
        ("amber+strict", UUID(int=7), "0"),
    ],
)
def test_distribution_follows_the_marking_and_the_sharing_group_of_the_circle(
    on: Sharing, level: str, group: UUID | None, distribution: str
) -> None:
    members = [one.slug for one in on.partners]
    text = CircleText("Ring", "amber+strict", True, members=members, misp_group=str(group or ""))
    on.circle = save_circle(actor=on.admin, said=text, circle=on.circle)
    share = desk.shared(on, tlp=level)
    told = event(door(on), str(share.renditions.get().misp.uuid))
    assert told["distribution"] == distribution
    assert ("SharingGroup" in told) is (distribution == "4")
    assert f"tlp:{level}" in {one["name"] for one in told["Tag"]}


def test_a_file_that_has_not_changed_is_not_sent_again_and_the_ledger_has_one_line(
    on: Sharing,
) -> None:
    share = desk.shared(on)
    misp = door(on)
    uuid = str(share.renditions.get().misp.uuid)
    for path in (MANIFEST, HASHES, f"/misp/ring/{uuid}.json"):
        first = misp.get(path)
        again = misp.get(path, headers={"If-None-Match": first["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert again["ETag"] == first["ETag"]
        assert first["Cache-Control"] == "private, no-cache"
        assert misp.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    sizes = list(Handover.objects.filter(way=WayOut.MISP).values_list("size", flat=True))
    assert len(sizes) == 3, "the manifest that named it first, and each time the event left"
    line = Handover.objects.filter(way=WayOut.MISP).first()
    assert line is not None
    assert line.objects_sent[0] == f"misp-event--{uuid}"
    assert (line.partner, line.tlp, line.token is not None) == (on.partners[0], "amber", True)
    assert ShareTarget.objects.get(partner=on.partners[0]).reached_at is not None
    assert ShareTarget.objects.get(partner=on.partners[1]).reached_at is None


def test_hashes_alone_count_as_reached(on: Sharing) -> None:
    desk.shared(on)
    read(door(on), HASHES)
    assert Handover.objects.filter(way=WayOut.MISP).count() == 1
    assert ShareTarget.objects.get(partner=on.partners[0]).reached_at is not None


@pytest.mark.row(60)
def test_ids_stay_over_revisions_and_what_is_gone_is_told_as_deleted(on: Sharing) -> None:
    until = clock.now() + timedelta(days=50)
    share = desk.shared(on, valid_until=until)
    misp = door(on)
    (uuid,) = before = manifest(misp)
    first = event(misp, uuid)
    ids = {one["value"]: one["uuid"] for one in first["Attribute"]}
    revised(on, share, summary="", title="Refund scam, winter", valid_until=until)
    second = event(misp, uuid)
    assert list(manifest(misp)) == [uuid]
    assert manifest(misp)[uuid]["timestamp"] > before[uuid]["timestamp"]
    assert second["info"] == "Refund scam, winter"
    standing = {one["value"]: one["uuid"] for one in second["Attribute"] if not one["deleted"]}
    assert standing.items() <= ids.items()
    (gone,) = [one for one in second["Attribute"] if one["deleted"]]
    assert gone["uuid"] == ids["A crew sells refunds that do not exist."]
    assert "refunds that do not exist" not in json.dumps(second)
    third = revised(on, share, summary="", valid_until=until)
    told = event(misp, uuid)
    assert [one for one in told["Attribute"] if one["deleted"]] == [gone], "it stays deleted"
    assert third.live == 3


@pytest.mark.row(97)
def test_a_recall_is_fetched_as_deleted_and_stays_unconfirmed_until_the_partner_answers(
    on: Sharing, tmp_path: Path
) -> None:
    share = desk.shared(on)
    misp = door(on)
    (uuid,) = before = manifest(misp)
    first = event(misp, uuid)
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    target = ShareTarget.objects.get(partner=on.partners[0])
    assert target.recall_state == "not reached"
    after = manifest(misp)
    assert after[uuid]["timestamp"] > before[uuid]["timestamp"]
    assert after[uuid]["info"] == "Recalled."
    target.refresh_from_db()
    assert target.recall_state == "not reached", "the manifest alone deletes nothing"
    told = event(misp, uuid)
    assert {one["uuid"] for one in told["Attribute"]} == {one["uuid"] for one in first["Attribute"]}
    assert {one["uuid"] for one in told["Object"]} == {one["uuid"] for one in first["Object"]}
    inner = [part for one in told["Object"] for part in one["Attribute"]]
    assert all(one["deleted"] for one in (*told["Attribute"], *told["Object"], *inner))
    for value in (desk.DOMAIN, "198.51.100.77", "hmac:", "Seen since", "Refund", "x:"):
        assert value not in json.dumps(told)
    theirs = folder(misp, tmp_path)
    feed_meta_generator(theirs)
    assert json.loads(read(misp, MANIFEST)) == json.loads((theirs / "manifest.json").read_text())
    assert read(misp, HASHES).decode() == (theirs / "hashes.csv").read_text()
    target.refresh_from_db()
    assert target.recall_state == "unconfirmed"
    user = Partner.objects.get(pk=on.partners[0].pk).user
    assert user is not None
    acknowledge_recall(actor=user, said=Receipt(answer="acknowledged", share=share.pk, disabled=3))
    target.refresh_from_db()
    assert target.recall_state == "acknowledged"


def test_a_recalled_event_is_handed_over_as_a_file_too(on: Sharing) -> None:
    share = desk.shared(on)
    file = hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.EVENT)
    assert file.name == f"share-{share.pk}-r1-cert-north.misp.json"
    row = SharedEvent.objects.get()
    assert file.body.decode() == row.body
    assert hashlib.sha256(file.body).hexdigest() == row.sha256
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    share.refresh_from_db()
    again = hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.EVENT)
    assert json.loads(again.body)["Event"]["info"] == "Recalled."
    assert ShareTarget.objects.get(partner=on.partners[0]).recall_state == "unconfirmed"


def test_a_narrower_marking_takes_the_old_event_back_and_begins_another(on: Sharing) -> None:
    share = desk.shared(on, tlp="clear")
    misp = door(on)
    (old,) = manifest(misp)
    revised(on, share, tlp="amber")
    heads = manifest(misp)
    assert len(heads) == 2
    assert heads.pop(old)["info"] == "Recalled."
    (new,) = heads
    assert event(misp, new)["distribution"] == "0"
    assert all(one["deleted"] for one in event(misp, old)["Attribute"])


def test_what_may_not_leave_any_more_is_in_none_of_the_files(on: Sharing) -> None:
    share = desk.shared(on)
    misp, uuid = door(on), str(SharedEvent.objects.get().uuid)

    def gone() -> bool:
        one = misp.get(f"/misp/ring/{uuid}.json").status_code == 404
        return one and not manifest(misp) and not read(misp, HASHES)

    assert not gone()
    for model, pk, change in (
        (Case, on.case.pk, {"tlp": Tlp.RED}),
        (Share, share.pk, {"valid_until": clock.now() - timedelta(seconds=1)}),
        (Partner, on.partners[0].pk, {"tlp_cap": "green"}),
        (Partner, on.partners[0].pk, {"legal_basis": ""}),
        (ShareTarget, share.targets.get(partner=on.partners[0]).pk, {"dropped": True}),
    ):
        rows = model.objects.filter(pk=pk)
        before = {name: getattr(rows.get(), name) for name in change}
        rows.update(**change)
        assert gone(), change
        rows.update(**before)
        assert not gone()
    Circle.objects.update(active=False)
    assert misp.get(MANIFEST).status_code == 404


def test_who_is_no_member_finds_no_feed_and_who_has_no_token_is_told_so(on: Sharing) -> None:
    desk.shared(on)
    outside = desk.partner(on.admin, "outside")
    _, plain = issue_partner_token(actor=on.admin, partner=outside, name="t", days=9)
    other = Client(headers={"Authorization": f"Bearer {plain}"})
    uuid = SharedEvent.objects.get().uuid
    for path in (MANIFEST, HASHES, f"/misp/ring/{uuid}.json", "/misp/ring/", "/misp/none/x"):
        assert other.get(path).status_code == 404
        refused = Client().get(path)
        assert refused.status_code == 401
        assert "WWW-Authenticate" in refused
        assert refused.json()["name"] == "Unauthorized"
    assert door(on).post(MANIFEST).status_code == 405
    assert door(on, 1).get(f"/misp/ring/{UUID(int=1)}.json").status_code == 404


def test_a_partner_that_is_named_later_does_not_learn_what_was_there_before(on: Sharing) -> None:
    first = [one.slug for one in on.partners[:1]]
    share = desk.shared(on, partners=first, summary="Old words.")
    both = [one.slug for one in on.partners[:2]]
    revised(on, share, partners=both, summary="")
    told = b"".join(read(door(on, 1), f"/misp/ring/{uuid}.json") for uuid in manifest(door(on, 1)))
    assert b'"deleted": true' in told
    assert b"Old words" not in told


def _written(to: Path, *, user: str = "luise", partner: str = "cert-north") -> str:
    out = StringIO()
    args = ("--circle", "ring", "--partner", partner, "--user", user)
    call_command("write_misp_feed", str(to), *args, stdout=out)
    return out.getvalue()


@pytest.mark.row(60)
def test_a_folder_holds_what_the_feed_serves_and_changes_in_one_step(
    on: Sharing, tmp_path: Path
) -> None:
    share = desk.shared(on)
    to = tmp_path / "out" / "feed"
    to.parent.mkdir()
    assert "1 events" in _written(to)
    first = to.resolve()
    misp = door(on)
    uuid = str(SharedEvent.objects.get().uuid)
    served = {"manifest.json": MANIFEST, "hashes.csv": HASHES, f"{uuid}.json": ""}
    for name, path in served.items():
        assert (to / name).read_bytes() == read(misp, path or f"/misp/ring/{uuid}.json")
    assert {one.name for one in to.iterdir()} == set(served)
    lines = Handover.objects.filter(way=WayOut.MISP, token=None)
    assert lines.count() == 1
    _written(to)
    assert (to.resolve(), lines.count()) == (first, 1), "nothing changed"
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    _written(to)
    assert to.is_symlink()
    assert to.resolve() != first
    assert first.exists(), "who reads the old files still finds them"
    assert desk.DOMAIN not in (to / f"{uuid}.json").read_text()
    assert share.targets.get(partner=on.partners[0]).recall_state == "unconfirmed"
    Circle.objects.update(active=False)
    _written(to)
    assert {one.name for one in to.iterdir()} == {"manifest.json", "hashes.csv"}
    assert not first.exists()


def test_a_folder_is_not_written_by_who_may_not_nor_over_something_else(
    on: Sharing, tmp_path: Path
) -> None:
    desk.shared(on)
    for user, why in (("rolf", "does not allow"), ("nobody", "no user")):
        with pytest.raises(CommandError, match=why):
            _written(tmp_path / "feed", user=user)
    assert Handover.objects.count() == 0
    (tmp_path / "own").mkdir()
    with pytest.raises(CommandError, match="there already"):
        _written(tmp_path / "own")
    with pytest.raises(CommandError):
        _written(tmp_path / "feed", partner="none")


def test_a_share_from_before_there_were_events_says_so_and_is_still_looked_at(on: Sharing) -> None:
    share = desk.shared(on)
    SharedEvent.objects.all().delete()
    lead = Client()
    lead.force_login(on.lead)
    page = lead.get(f"/sharing/shares/{share.pk}/for/cert-north/")
    assert page.status_code == 200
    assert b"The MISP event" not in page.content
    told = lead.get(f"/api/v1/sharing/shares/{share.pk}/for/cert-north/")
    assert (told.status_code, told.json()["event"]) == (200, None)
    with pytest.raises(ConflictError, match="no MISP event"):
        hand_over(actor=on.lead, share=share, partner=on.partners[0], way=WayOut.EVENT)
    assert manifest(door(on)) == {}
    recall_share(actor=on.lead, share=share, reason="wrong crew")
    revoked = ShareTarget.objects.get(partner=on.partners[0])
    assert revoked.recall_state == "not reached"
