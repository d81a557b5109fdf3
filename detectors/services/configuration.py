"""Takes a configuration over from files: each difference becomes a draft, as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from abusedesk.core import audit, clock
from abusedesk.core.audit import Verb
from abusedesk.core.errors import AbuseDeskError
from abusedesk.core.models import User
from detectors import registry
from detectors.choices import DraftState
from detectors.configuration.document import Configuration, Quiet, Setting
from detectors.forms import differences
from detectors.models import DetectorConfig, DetectorDraft
from detectors.policy import require
from detectors.reasons import told
from detectors.selectors.config import params_of
from detectors.selectors.suppression import suppressions_in_force
from detectors.services.config import checked_params
from detectors.services.draft import propose_config
from detectors.services.rule import create_rule
from detectors.services.suppression import suppress_detector
from detectors.sigma.detector import PREFIX, is_rule

SAME: Final = "same"
DRAFT: Final = "draft"
IN_FORCE: Final = "in force"
WAITS: Final = "waits already"
REFUSED: Final = "refused"
ONLY_HERE: Final = "only here"
SHORT: Final = 60


@dataclass(frozen=True, slots=True)
class Change:
    """What came of one line. what: one of the words above. draft: its number, 0 without one.

    about: the entity of a suppression. said: what differs, or why it was refused.
    """

    detector: str
    what: str
    said: str = ""
    draft: int = 0
    about: str = ""


@transaction.atomic
def import_configuration(
    *,
    actor: User,
    configuration: Configuration,
    reason: str,
    lost_because: str = "",
    dry_run: bool = False,
) -> list[Change]:
    """Propose what differs. What this desk has beside it stays, and is told as `only here`.

    One line that is refused costs no other. dry_run: the same, and nothing stays. Raises
    ForbiddenError, or InvalidError naming the field.
    """
    require(actor, "rule.save")  # each line asks for what it needs besides
    why = told(reason, "reason")
    found = [_setting(actor, one, why, lost_because) for one in configuration.detectors]
    found += [_quiet(actor, one) for one in configuration.suppressions]
    found += _only_here(configuration)
    if dry_run:
        transaction.set_rollback(True)
        return [
            Change(one.detector, one.what, one.said, 0 if one.what == DRAFT else one.draft,
                   one.about)
            for one in found
        ]  # fmt: skip
    written = sum(one.what in {DRAFT, IN_FORCE} for one in found)
    audit.append(
        actor=actor,
        verb=Verb.CONFIGURATION_IMPORTED,
        target_type="detector",
        changes=written,
        refused=sum(one.what == REFUSED for one in found),
        reason=why,
    )
    return found


def _setting(actor: User, one: Setting, reason: str, lost_because: str) -> Change:
    try:
        with transaction.atomic():
            return _proposed(actor, one, reason, lost_because)
    except AbuseDeskError as error:
        return Change(one.detector, REFUSED, error.message)


def _proposed(actor: User, one: Setting, reason: str, lost_because: str) -> Change:
    slug = one.detector
    config = DetectorConfig.objects.filter(slug=slug, current=True).first()
    if config is None and is_rule(slug):
        name = slug.removeprefix(PREFIX)
        saved = create_rule(actor=actor, name=name, mode=one.mode, params=one.params, reason=reason)
        return _of_draft(slug, saved.draft, "a new rule")
    if registry.exists(slug):
        checked = checked_params(slug, one.params)
        mode = config.mode if config else ""
        said = _differs(slug, mode, one.mode, checked.model_dump(mode="json"))
        if not said:
            return Change(slug, SAME)
        waiting = _waiting(one, config, checked.model_dump(mode="json"))
        if waiting is not None:
            return Change(slug, WAITS, said, waiting.pk)
    else:
        said = ""
    draft = propose_config(
        actor=actor,
        slug=slug,
        mode=one.mode,
        params=one.params,
        reason=reason,
        lost_because=lost_because,
    )
    return _of_draft(slug, draft if draft.made is None else None, said)


def _of_draft(slug: str, draft: DetectorDraft | None, said: str) -> Change:
    return Change(slug, DRAFT, said, draft.pk) if draft else Change(slug, IN_FORCE, said)


def _differs(slug: str, before: str, mode: str, params: Mapping[str, Any]) -> str:
    rows = differences(registry.get(slug).Params, params_of(slug), params)
    told_rows = [f"{one.label} {_short(one.before)} -> {_short(one.after)}" for one in rows]
    if before != mode:
        told_rows.insert(0, f"mode {before or 'none'} -> {mode}")
    return "; ".join(told_rows)


def _waiting(
    one: Setting, config: DetectorConfig | None, params: Mapping[str, Any]
) -> DetectorDraft | None:
    """A draft that says the same on the version in force."""
    rows = DetectorDraft.objects.filter(
        slug=one.detector,
        state=DraftState.OPEN,
        mode=one.mode,
        beside=False,
        params=params,
        based_on=config.number if config else 0,
    )
    return rows.first()


def _quiet(actor: User, one: Quiet) -> Change:
    about = f"{one.type} {one.value}"
    same = suppressions_in_force(clock.now()).filter(
        detector=one.detector, type=one.type, value=one.value
    )
    if same.exists():
        return Change(one.detector, SAME, about=about)
    try:
        with transaction.atomic():
            suppress_detector(
                actor=actor,
                slug=one.detector,
                type=one.type,
                value=one.value,
                reason=one.reason,
                expires_at=one.expires_at,
            )
    except AbuseDeskError as error:
        return Change(one.detector, REFUSED, error.message, about=about)
    return Change(one.detector, IN_FORCE, "kept quiet", about=about)


def _only_here(configuration: Configuration) -> list[Change]:
    named = {one.detector for one in configuration.detectors}
    quiet = {(one.detector, one.type, one.value) for one in configuration.suppressions}
    here = DetectorConfig.objects.filter(current=True).exclude(slug__in=named)
    slugs = [slug for slug in here.order_by("slug").values_list("slug", flat=True)
             if registry.exists(slug)]  # fmt: skip
    rows = suppressions_in_force(clock.now()).order_by("detector", "type", "value")
    return [Change(slug, ONLY_HERE) for slug in slugs] + [
        Change(one.detector, ONLY_HERE, about=f"{one.type} {one.value}")
        for one in rows
        if (one.detector, one.type, one.value) not in quiet
    ]


def _short(text: str) -> str:
    """A Sigma text is no line of a table."""
    return text if len(text) <= SHORT and "\n" not in text else "other text"
