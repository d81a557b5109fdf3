"""GitHub's webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from detectors.adapters.base import Item, Meta, UnfitError
from detectors.adapters.kit.bounds import digest
from detectors.adapters.kit.documents import JSON, NDJSON, JsonAdapter
from detectors.adapters.kit.draft import Draft
from detectors.adapters.kit.moments import epoch, moment, optional
from detectors.adapters.kit.record import Record
from detectors.schema import Kind

PLATFORM: Final = "github"
MAX_AUTHORS: Final = 20
WRITTEN: Final[Mapping[str, str]] = {
    "opened": "created_at",
    "created": "created_at",
    "submitted": "submitted_at",
    "published": "published_at",
}
"""Actions by which a text comes into being, and the field that dates it."""
NOISE: Final = frozenset({"url", "node_id", "gravatar_id", "_links", "reactions"})


class Shape(NamedTuple):
    """An event is known by its fields: GitHub names it in a header only."""

    event: str
    fields: tuple[str, ...]
    make: Callable[[Record, Shape], Draft]
    thing: str = ""
    """Field that holds what was written."""
    about: str = ""
    """Field that holds what it was written about; empty: the repository."""
    kind: Kind = Kind.POST


class GitHub(JsonAdapter):
    """One delivery is one signal."""

    meta = Meta(
        slug="github",
        title="GitHub webhook",
        doc="Deliveries of a repository or organisation webhook with content type"
        " application/json, known by their fields: issues, pull_request, discussion, release"
        " (`post`); issue_comment, pull_request_review, pull_request_review_comment,"
        " discussion_comment, commit_comment (`reply`); push (`post` with the commit messages);"
        " fork (`repost`); star (`reaction`); member, membership and organization"
        " (`account.updated` of the member). Opening and editing bear the text; labels, closing,"
        " deleting and so on are a `reaction` to the thing. The actor is the sender's login;"
        " what was acted on is `target:`. Other events are refused by name. API links (`*_url`,"
        " `url`, `_links`), node ids and reaction counts are left out, because the rest says the"
        " same.",
        media_types=(JSON, NDJSON),
        suffixes=(".json", ".ndjson", ".jsonl"),
        spec="https://docs.github.com/en/webhooks/webhook-events-and-payloads",
        kinds=(Kind.POST, Kind.REPLY, Kind.REPOST, Kind.REACTION, Kind.ACCOUNT_UPDATED),
        platforms="`github`",
        time="`created_at`, `submitted_at` or `published_at` of what was written; `closed_at` or"
        " `updated_at` of what was changed; `repository.pushed_at` of a push; `starred_at`. Members"
        " and deletions bear no time: GitHub delivers at once, so over REST that is the time of"
        " receipt, and `attributes.dated` says so; in a file they are refused.",
        external_id="event, id and action, with the time of a change; digest of the payload where"
        " there is neither",
        once=True,
    )

    def signals(self, record: Record) -> Iterator[Item]:
        """The signal of one delivery."""
        for shape in SHAPES:
            if all(name in record for name in shape.fields):
                draft = shape.make(record, shape)
                draft.keep(PLATFORM, _lean(record.rest()), event=shape.event)
                yield from draft.items()
                return
        known = ", ".join(sorted({shape.event for shape in SHAPES}))
        raise UnfitError(record.at("action"), "choice", f"must be of an event of {known}")


def _text(record: Record, shape: Shape) -> Draft:
    """Something written, or done to what was written."""
    action = record.need("action")
    thing = record.child(shape.thing)
    is_text = action in WRITTEN or action == "edited"
    draft = _draft(record, shape.kind if is_text else Kind.REACTION, shape)
    draft.at = _time(thing, action)
    draft.external_id = f"{shape.event}-{thing.need('id')}-{action}"
    if action not in WRITTEN:
        draft.external_id += f"-{draft.at or digest(record.data)}"
    if is_text:
        title = thing.text("title", "name")
        draft.text = "\n\n".join(one for one in (title, thing.text("body")) if one)
    place = record.child(shape.about).data if shape.about else {}
    _target(draft, record, place if is_text else thing.data)
    return draft


def _time(thing: Record, action: str) -> str:
    if action in WRITTEN:
        return moment(thing, WRITTEN[action], "created_at")
    if action == "deleted":
        return ""
    closed = optional(thing, "closed_at") if action == "closed" else ""
    return closed or optional(thing, "updated_at")


def _push(record: Record, shape: Shape) -> Draft:
    draft = _draft(record, Kind.POST, shape)
    repository = record.child("repository")
    span = f"{record.text('before')}..{record.text('after')}"
    draft.external_id = f"push-{repository.text('full_name')}-{record.need('ref')}-{span}"
    draft.at = _pushed(repository)
    commits = record.children("commits")
    draft.text = "\n\n".join(one.text("message") for one in commits)
    for commit in commits[:MAX_AUTHORS]:
        draft.about("email", commit.child("author").text("email"))
    draft.identify("email", record.child("pusher").text("email"))
    record.drop("head_commit")
    _target(draft, record, {})
    return draft


def _pushed(repository: Record) -> str:
    """Seconds since 1970 in a push, though text in other events."""
    if isinstance(repository.data.get("pushed_at"), int):
        return epoch(repository.take("pushed_at"), repository.at("pushed_at"))
    return moment(repository, "pushed_at")


def _fork(record: Record, shape: Shape) -> Draft:
    draft = _draft(record, Kind.REPOST, shape)
    forkee = record.child("forkee")
    draft.external_id = f"fork-{forkee.need('id')}"
    draft.at = moment(forkee, "created_at")
    draft.about("repost", record.child("repository").text("full_name"))
    return draft


def _star(record: Record, shape: Shape) -> Draft:
    draft = _draft(record, Kind.REACTION, shape)
    draft.at = optional(record, "starred_at")
    draft.external_id = f"star-{digest(record.data)}"
    _target(draft, record, {})
    return draft


def _member(record: Record, shape: Shape) -> Draft:
    """What became of a member; who did it stays in the attributes."""
    thing = record.child(shape.thing)
    member = thing.child("user") if "user" in thing else thing
    login = member.need("login")
    return Draft(
        kind=Kind.ACCOUNT_UPDATED,
        platform=PLATFORM,
        external_id=f"{shape.event}-{digest(record.data)}",
        actor=login.lower(),
        profile={"handle": login},
    )


def _draft(record: Record, kind: Kind, shape: Shape) -> Draft:
    login = record.child("sender").need("login")
    return Draft(
        kind=kind,
        platform=PLATFORM,
        external_id=shape.event,
        actor=login.lower(),
        profile={"handle": login},
    )


def _target(draft: Draft, record: Record, thing: Mapping[str, Any]) -> None:
    """The page of what was acted on, else the repository."""
    page = thing.get("html_url")
    repository = record.child("repository").text("full_name")
    draft.about("target", page if isinstance(page, str) else repository)


def _lean(value: Any) -> Any:
    """Without what GitHub repeats in every object."""
    if isinstance(value, list):
        return [_lean(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _lean(one)
        for name, one in value.items()
        if name not in NOISE and (name == "html_url" or not name.endswith("_url"))
    }


def _on(event: str, thing: str, about: str) -> Shape:
    return Shape(event, (thing, about), _text, thing, about, Kind.REPLY)


SHAPES: Final = (
    _on("issue_comment", "comment", "issue"),
    _on("pull_request_review_comment", "comment", "pull_request"),
    _on("pull_request_review", "review", "pull_request"),
    _on("discussion_comment", "comment", "discussion"),
    Shape("commit_comment", ("comment",), _text, "comment", "", Kind.REPLY),
    Shape("issues", ("issue",), _text, "issue"),
    Shape("pull_request", ("pull_request",), _text, "pull_request"),
    Shape("discussion", ("discussion",), _text, "discussion"),
    Shape("release", ("release",), _text, "release"),
    Shape("push", ("ref", "commits"), _push),
    Shape("fork", ("forkee",), _fork),
    Shape("membership", ("member", "team"), _member, "member"),
    Shape("member", ("member",), _member, "member"),
    Shape("organization", ("membership", "organization"), _member, "membership"),
    Shape("star", ("action", "starred_at", "repository"), _star),
)
