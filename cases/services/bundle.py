"""Reads a STIX file that somebody was handed: the same way in as a feed, and it always waits."""

from __future__ import annotations

import json
from typing import Final

from django.db import transaction

from abusedesk.core.errors import InvalidError
from abusedesk.core.models import User
from cases import keyring, policy
from cases.choices import FeedMode
from cases.models import Feed, Partner
from cases.services.taking import Origin, Taken, take_objects
from cases.sharing import signing
from detectors.intel.decoding import decoded
from detectors.intel.stix.reading import objects_in
from detectors.intel.terms import BatchTerms, check

MAX_BYTES: Final = 25 * 1024 * 1024
UNSIGNED: Final = "not signed"
HOLDS: Final = "signature holds"
UNKNOWN: Final = "signed with a key that nobody pinned"
BROKEN: Final = "the signature does not hold"


@transaction.atomic
def read_bundle(
    *, actor: User, raw: bytes, terms: BatchTerms, partner: Partner | None = None, name: str = ""
) -> tuple[Taken, str]:
    """Keep the objects of a bundle or a signed file, and say what its signature is worth.

    Values wait for a person. Raises ForbiddenError, or InvalidError that names the field.
    """
    policy.require(actor, "feed.save")
    check(terms)
    if Feed.objects.filter(slug=terms.source).exists() or terms.source.startswith("inbox:"):
        message = "A feed or an inbox has this name; a file is a source of its own."
        raise InvalidError(message, field="source")
    if len(raw) > MAX_BYTES:
        message = f"A file has at most {MAX_BYTES // 1024 // 1024} MiB."
        raise InvalidError(message, field="file")
    objects = objects_in(decoded(raw).text)
    if objects is None:
        message = "It is no STIX 2.1 bundle and no signed file with one in it."
        raise InvalidError(message, field="file")
    worth = signature_of(raw=raw, partner=partner)
    if worth == BROKEN:
        message = "The signature does not hold: the file was changed, or is not of this partner."
        raise InvalidError(message, field="file")
    told = f"{name} ({worth})"[:200] if name else worth
    origin = Origin(terms, FeedMode.HOLD, partner=partner, name=told)
    return take_objects(actor=actor, origin=origin, objects=objects), worth


def signature_of(*, raw: bytes, partner: Partner | None) -> str:
    """What the signature of a file is worth, with the keys that are pinned for its partner."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return UNSIGNED
    if not isinstance(said, dict) or "signatures" not in said:
        return UNSIGNED
    if partner is None or not keyring.must_sign(partner):
        return UNKNOWN
    keys = [bytes.fromhex(one.public) for one in keyring.signing_keys_of(partner)]
    return HOLDS if any(signing.opened(raw, key) is not None for key in keys) else BROKEN
