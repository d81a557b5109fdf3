"""Whether a partner's pattern may be stored at all: whole, runnable, and signed by whom it says."""

from __future__ import annotations

from typing import Any, Final

from cases import keyring, packing
from cases.choices import KeyUse
from cases.models import Partner, PartnerKey
from cases.sharing.patterns import binding, seal, vectors, wire
from cases.sharing.patterns.wire import UnreadableError
from detectors.sigma.params import RuleParams

PATTERN_TYPES: Final = frozenset({wire.SIGMA, wire.BUILTIN})


def require_whole(one: dict[str, Any], pack: wire.Pack) -> None:
    """What cannot be run, shown or trusted as it stands is refused. Raises UnreadableError."""
    kind = str(one.get("pattern_type"))
    if kind not in PATTERN_TYPES or not isinstance(one.get("pattern"), str):
        message = "It is neither a Sigma rule nor a detector with settings."
        raise UnreadableError(message)
    if one.get("name") != pack.title or one.get("description", "") != pack.summary:
        message = "Name and description are not those that were signed."
        raise UnreadableError(message)
    for word in ("id", "created_by_ref"):
        if not isinstance(one.get(word), str):
            message = f"{word} is missing."
            raise UnreadableError(message)
    seal.told(one)
    what = vectors.runnable(kind, one["pattern"])
    for fault in binding.faults(kind, one["pattern"], pack.parameters):
        raise UnreadableError(fault)
    if isinstance(what.params, RuleParams) and (
        said := set(packing.fields_of(what.params.rule)) - set(pack.requires.fields)
    ):
        message = f"It reads {min(said)} and does not say so."
        raise UnreadableError(message)


def key_of(partner: Partner, one: dict[str, Any]) -> PartnerKey | None:
    """The pinned key that signed it; None: an unknown one, or none.

    Raises UnreadableError where a key that is known did not sign this.
    """
    key = PartnerKey.objects.filter(key_id=seal.key_of(one), use=KeyUse.SIGN).first()
    if key is None:
        return None
    if not seal.holds(one, bytes.fromhex(key.public)):
        message = "The signature does not hold: it was changed after it was signed."
        raise UnreadableError(message)
    if key.partner_id != partner.pk:
        message = "The key that signed it is another partner's."
        raise UnreadableError(message)
    if key.identity and key.identity != one["created_by_ref"]:
        message = "This key signs for another identity."
        raise UnreadableError(message)
    if not keyring.is_pattern_key(key.key_id):
        return None
    if not key.identity:
        key.identity = one["created_by_ref"][:90]
        key.save(update_fields=["identity"])
    return key
