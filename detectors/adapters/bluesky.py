"""Bluesky: Jetstream events, and what Ozone knows of moderation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from detectors.adapters.base import Item, Meta, Outcome, UnfitError
from detectors.adapters.kit import ozone
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import MICROSECONDS, epoch
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PLATFORM: Final = "bluesky"
ACTS: Final = ("create", "update")
MAX_SHOWN: Final = 80


class Bluesky(JsonAdapter):
    """Public acts from Jetstream, reports and moderation events from Ozone."""

    meta = Meta(
        slug="bluesky",
        title="Bluesky (Jetstream) and Ozone",
        doc="Jetstream events: commits of app.bsky.feed.post (`post`, or `reply`), feed.repost,"
        " feed.like (`reaction`), graph.follow and actor.profile (`account.updated`); identity and"
        " account events are `account.updated`. Accounts are DIDs. Links, tags and mentions come"
        " from the facets, pictures become `media:cid-...`, so that one file posted by many shows."
        " Ozone: events (modEventView, or the answer of queryEvents) and reports (reportView, or"
        " the answer of queryReports). A report is a `report` by its reporter with"
        " `report-target:`; other moderation events are a `report` without actor: they say"
        " something of the subject and are no act of an account. Other collections and deletions"
        " are refused by name: ask Jetstream for the collections above (`wantedCollections`).",
        media_types=(JSON, NDJSON),
        suffixes=(".ndjson", ".jsonl", ".json"),
        spec="https://github.com/bluesky-social/jetstream; lexicons app.bsky.*,"
        " tools.ozone.moderation.defs and queryReports",
        kinds=(
            Kind.POST,
            Kind.REPLY,
            Kind.REPOST,
            Kind.REACTION,
            Kind.FOLLOW,
            Kind.ACCOUNT_UPDATED,
            Kind.REPORT,
        ),
        platforms="`bluesky`",
        time="`time_us` of Jetstream; `createdAt` of Ozone. The `createdAt` of a record is the"
        " author's own claim and stays in `attributes.bluesky`.",
        external_id="the record's at-uri, with the revision for an update; sequence number of an"
        " identity or account event; id of an Ozone event or report",
    )

    def signals(self, record: Record) -> Iterator[Outcome]:
        """Signals of one event, or of the answer that holds several."""
        if ozone.is_ozone(record):
            yield from ozone.signals(record)
            return
        for name, make in MAKERS.items():
            if record.data.get("kind") == name:
                yield from make(record)
                return
        sentence = f"must be one of {', '.join(MAKERS)}, or the object one of Ozone"
        raise UnfitError(record.at("kind"), "choice", sentence)


def _commit(event: Record) -> Iterator[Item]:
    commit = event.child("commit")
    collection, operation = commit.need("collection"), commit.need("operation")
    if collection not in COLLECTIONS:
        sentence = f"is {collection[:MAX_SHOWN]}, which no kind of signal stands for"
        raise UnfitError(commit.at("collection"), "choice", sentence)
    if operation not in ACTS:
        sentence = f"is {operation[:MAX_SHOWN]}; only create and update are acts"
        raise UnfitError(commit.at("operation"), "choice", sentence)
    kind, fill = COLLECTIONS[collection]
    uri = f"at://{event.need('did')}/{collection}/{commit.need('rkey')}"
    draft = _draft(kind, event, uri)
    if operation == "update":
        draft.external_id += f"#{commit.need('rev')}"
    fill(draft, commit.child("record"))
    draft.keep(PLATFORM, event.rest(), uri=uri)
    yield from draft.items()


def _identity(event: Record) -> Iterator[Item]:
    identity = event.child("identity")
    draft = _draft(Kind.ACCOUNT_UPDATED, event, f"identity-{event.need('did')}-{_number(identity)}")
    draft.profile["handle"] = identity.text("handle")
    draft.keep(PLATFORM, event.rest())
    yield from draft.items()


def _account(event: Record) -> Iterator[Item]:
    account = event.child("account")
    draft = _draft(Kind.ACCOUNT_UPDATED, event, f"account-{event.need('did')}-{_number(account)}")
    draft.keep(PLATFORM, event.rest())
    yield from draft.items()


def _number(thing: Record) -> str:
    """The sequence number, or the time, which then tells events apart."""
    return thing.text("seq") or thing.need("time")


def _draft(kind: Kind, event: Record, external_id: str) -> Draft:
    at = epoch(event.take("time_us"), event.at("time_us"), MICROSECONDS)
    event.drop("kind")
    return Draft(
        kind=kind, platform=PLATFORM, external_id=external_id, at=at, actor=event.need("did")
    )


def _post(draft: Draft, post: Record) -> None:
    draft.text = post.text("text")
    if parent := post.child("reply").child("parent").text("uri"):
        draft.kind = Kind.REPLY
        draft.about("reply-to", parent)
    draft.about("hashtag", *post.texts("tags"))
    for facet in post.children("facets"):
        for feature in facet.children("features"):
            draft.link(*filter(None, [feature.text("uri")]))
            draft.about("hashtag", feature.text("tag"))
            draft.about("mention", feature.text("did"))
            feature.drop("$type")
        facet.drop("index")
    _embed(draft, post.child("embed"))


def _embed(draft: Draft, embed: Record) -> None:
    """A link card, pictures, a video, a quoted post; `media` holds those beside a quote."""
    media = embed.child("media") if "media" in embed else embed
    external = media.child("external")
    draft.link(*filter(None, [external.text("uri")]))
    pictures = [one.child("image") for one in media.children("images")]
    for blob in (*pictures, media.child("video"), external.child("thumb")):
        if cid := blob.child("ref").text("$link"):
            draft.about("media", f"cid-{cid}")
    quoted = embed.child("record")
    draft.about("repost", quoted.text("uri") or quoted.child("record").text("uri"))


def _share(draft: Draft, share: Record) -> None:
    draft.about("repost", share.child("subject").need("uri"))


def _like(draft: Draft, like: Record) -> None:
    draft.about("target", like.child("subject").need("uri"))


def _follow(draft: Draft, follow: Record) -> None:
    subject = follow.need("subject")
    draft.about("target", subject)
    draft.account(PLATFORM, subject)


def _profile(draft: Draft, profile: Record) -> None:
    draft.profile = {"name": profile.text("displayName"), "bio": profile.text("description")}


MAKERS: Final[Mapping[str, Callable[[Record], Iterator[Item]]]] = {
    "commit": _commit,
    "identity": _identity,
    "account": _account,
}
COLLECTIONS: Final[Mapping[str, tuple[Kind, Callable[[Draft, Record], Any]]]] = {
    "app.bsky.feed.post": (Kind.POST, _post),
    "app.bsky.feed.repost": (Kind.REPOST, _share),
    "app.bsky.feed.like": (Kind.REACTION, _like),
    "app.bsky.graph.follow": (Kind.FOLLOW, _follow),
    "app.bsky.actor.profile": (Kind.ACCOUNT_UPDATED, _profile),
}
