"""Mastodon's administrative webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from detectors.adapters.base import Item, Meta, Outcome, UnfitError, attempt
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.html import text_of
from detectors.adapters.kit.moments import moment, optional
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PLATFORM: Final = "mastodon"
NOISE: Final = ("avatar", "avatar_static", "header", "header_static", "emojis", "roles")
"""Pictures of the profile page; they are links of the server itself."""
MAX_URL: Final = 2_000


class Mastodon(JsonAdapter):
    """One event is a signal; a report brings the reported posts as well."""

    meta = Meta(
        slug="mastodon",
        title="Mastodon admin webhook",
        doc="Events of Administration > Webhooks: report.created, report.updated, account.created,"
        " account.approved, account.updated, status.created, status.updated. Accounts are named"
        " `user@server`, so that several servers can send to one desk. A new report is a `report`"
        " by its reporter, with `report-target:` and `account:` objects for the reported account;"
        " every reported status comes as a `post` of its author as well, under the id that"
        " status.created would give it. A change of a report is nobody's act: it has no actor. An"
        " account's e-mail counts as verified when Mastodon says `confirmed`. Text is the status"
        " without markup, its spoiler first. Pictures of profiles are left out.",
        media_types=(JSON, NDJSON),
        suffixes=(".json", ".ndjson", ".jsonl"),
        spec="https://docs.joinmastodon.org/admin/webhooks/ and the entities Admin_Report,"
        " Admin_Account, Status",
        kinds=(
            Kind.REPORT,
            Kind.ACCOUNT_CREATED,
            Kind.ACCOUNT_UPDATED,
            Kind.POST,
            Kind.REPLY,
            Kind.REPOST,
        ),
        platforms="`mastodon`",
        time="`created_at` of the report, account or status; for an update the `updated_at`,"
        " `edited_at` or the event's own `created_at`",
        external_id="event and id, with the time for an update; a status always as `status-<uri>`",
    )

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of one event."""
        make = EVENTS.get(record.need("event"))
        if make is None:
            sentence = f"must be one of {', '.join(EVENTS)}"
            raise UnfitError(record.at("event"), "choice", sentence)
        body = record.child("object")
        if not body.data:
            raise UnfitError(record.at("object"), "required", "must be an object")
        yield from make(record.need("event"), body, record)


def _report(event: str, report: Record, record: Record) -> Iterator[Outcome]:
    """The report, then what was reported."""
    is_new = event == "report.created"
    account = report.child("account")
    reporter, reported = _name(account), _name(report.child("target_account"))
    draft = Draft(
        kind=Kind.REPORT,
        platform=PLATFORM,
        external_id=f"report-{report.need('id')}",
        at=moment(report, "created_at") if is_new else _updated(report, record, "updated_at"),
        text=report.text("comment"),
    )
    if is_new:
        draft.actor, draft.profile = reporter, _profile(account)
        _trace(draft, account)
    else:
        draft.external_id += f"-updated-{draft.at}"
        draft.account(PLATFORM, reporter)
    if reported:
        draft.about("report-target", f"{PLATFORM}:{reported}")
        draft.account(PLATFORM, reported)
    statuses = report.children("statuses")
    for status in statuses:
        draft.about("report-target", _uri(status))
    if statuses:
        report.drop("statuses")
    draft.keep(PLATFORM, report.rest(), event=event)
    yield from draft.items()
    for status in statuses if is_new else ():
        yield from attempt(_status("status.created", status, record), status.raw)


def _account(event: str, account: Record, record: Record) -> Iterator[Item]:
    is_new = event == "account.created"
    draft = Draft(
        kind=Kind.ACCOUNT_CREATED if is_new else Kind.ACCOUNT_UPDATED,
        platform=PLATFORM,
        external_id=f"account-{account.need('id')}",
        at=moment(account, "created_at") if is_new else moment(record, "created_at"),
        actor=_name(account),
        profile=_profile(account),
        text=account.text("invite_request"),
    )
    if not is_new:
        draft.external_id += f"-{event.partition('.')[2]}-{draft.at}"
    _trace(draft, account)
    draft.keep(PLATFORM, account.rest(), event=event)
    yield from draft.items()


def _status(event: str, status: Record, record: Record) -> Iterator[Item]:
    is_new = event == "status.created"
    body = status.child("reblog") if status.child("reblog").data else status
    text, links = text_of(body.text("content"))
    draft = Draft(
        kind=_status_kind(status),
        platform=PLATFORM,
        external_id=f"status-{_uri(status) or status.need('id')}",
        at=moment(status, "created_at") if is_new else _updated(status, record, "edited_at"),
        actor=_name(status.child("account")),
        profile=_profile(status.child("account")),
        text="\n\n".join(one for one in (body.text("spoiler_text"), text) if one),
    )
    if not is_new:
        draft.external_id += f"#{draft.at}"
    _mark(draft, status, body, links)
    draft.keep(PLATFORM, status.rest(), event=event)
    yield from draft.items()


def _status_kind(status: Record) -> Kind:
    if status.child("reblog").data:
        return Kind.REPOST
    return Kind.REPLY if "in_reply_to_id" in status else Kind.POST


def _mark(draft: Draft, status: Record, body: Record, links: list[str]) -> None:
    """What the status speaks of: links that are no tag or mention, tags, what it shares."""
    own = {one.text("url") for name in ("tags", "mentions") for one in body.children(name)}
    draft.link(*(link for link in links if link not in own and _is_web(link)))
    draft.about("hashtag", *(one.text("name") for one in body.children("tags")))
    for mention in body.children("mentions"):
        draft.about("mention", mention.text("acct"))
        mention.drop("id", "username")
    if card := body.child("card").text("url"):
        draft.link(card)
    if body is not status:
        draft.about("repost", _uri(body))
        draft.account(PLATFORM, _name(body.child("account")))
    if parent := status.text("in_reply_to_id"):
        draft.about("reply-to", f"{PLATFORM}:{_server(status)}:{parent}")


def _updated(thing: Record, record: Record, name: str) -> str:
    return optional(thing, name) or moment(record, "created_at")


def _name(account: Record) -> str:
    """`user@server`, for accounts of the server itself too; empty for an account that is not there.

    An administrative account wraps the public one, which knows the server's address.
    """
    public = account.child("account") if "account" in account else account
    user = account.text("username") or public.text("username")
    server = account.text("domain") or _server(public)
    name = f"{user}@{server}" if user and server else public.text("acct") or user
    public.drop("acct", "url", "uri", "username", *NOISE)
    return name.lower()


def _profile(account: Record) -> dict[str, Any]:
    public = account.child("account") if "account" in account else account
    note, _ = text_of(public.text("note"))
    return {
        "handle": _name(account),
        "name": public.text("display_name"),
        "bio": note,
        "created_at": optional(public, "created_at"),
        "followers": public.integer("followers_count"),
    }


def _trace(draft: Draft, account: Record) -> None:
    """What the acting account is known by."""
    if email := account.text("email"):
        draft.identify("email", email)
        if account.data.get("confirmed") is True:
            draft.attributes["verified"] = ["email"]
    draft.identify("ip", *_addresses(account))


def _addresses(account: Record) -> Iterator[str]:
    """`ip` is text or, in some versions, an object; `ips` has the earlier ones."""
    yield account.text("ip") or account.child("ip").text("ip")
    for one in account.children("ips"):
        yield one.text("ip")


def _uri(status: Record) -> str:
    return status.text("uri", "url")


def _server(thing: Record) -> str:
    """The host of its address."""
    url = next((one for name in ("url", "uri") if isinstance(one := thing.data.get(name), str)), "")
    try:
        return urlsplit(url[:MAX_URL]).hostname or ""
    except ValueError:
        return ""


def _is_web(link: str) -> bool:
    return link.lower().startswith(("http://", "https://"))


EVENTS: Final[Mapping[str, Callable[[str, Record, Record], Iterator[Outcome]]]] = {
    "report.created": _report,
    "report.updated": _report,
    "account.created": _account,
    "account.approved": _account,
    "account.updated": _account,
    "status.created": _status,
    "status.updated": _status,
}
