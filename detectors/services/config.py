"""Writes detector configurations: every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max
from pydantic import ValidationError

from abusedesk.core import audit
from abusedesk.core.errors import ConflictError, InvalidError, NotFoundError
from abusedesk.core.models import User
from abusedesk.core.queueing import wake
from detectors import registry
from detectors.base import BaseParams
from detectors.choices import Mode, Way
from detectors.guards import obstacle_to_mode
from detectors.models import DetectorConfig
from detectors.overrides import NAME as OVERRIDES
from detectors.overrides import sources_named
from detectors.policy import change_verb, require
from detectors.selectors.source import known_slugs_of
from detectors.services.adopt import adopt_findings

_LOCK = 0x434F_4E46  # "CONF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a version says. params: what is left out is at its default."""

    slug: str
    mode: str
    params: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How a version comes into force; see `DetectorConfig`."""

    way: Way = Way.SET
    author: User | None = None
    approved_by: User | None = None
    restores: int | None = None
    promote_at: datetime | None = None


SET: Final = Origin()


@transaction.atomic
def save_config(
    *, actor: User | None, slug: str, mode: str, params: Mapping[str, Any], reason: str
) -> DetectorConfig:
    """Make these settings the current ones without a draft; actor: None is the desk itself.

    People go by `draft.propose_config`. Raises ForbiddenError, NotFoundError, or InvalidError
    naming the field.
    """
    if actor is not None:
        require(actor, change_verb(slug))
    said = Settings(slug=slug, mode=mode, params=params, reason=reason)
    return put_in_force(actor=actor, said=said)


@transaction.atomic
def put_in_force(*, actor: User | None, said: Settings, origin: Origin = SET) -> DetectorConfig:
    """The next version; whoever calls this has asked whether they may.

    What watches beside gives way where this version says the same, or is off. Raises NotFoundError,
    InvalidError naming the field, or ConflictError where it must not.
    """
    lock_configs()
    config = new_version(actor=actor, said=said, origin=origin)
    DetectorConfig.objects.filter(slug=said.slug, current=True).update(current=False)
    config.save()
    watching = beside_of(said.slug)
    if watching and (said.mode == Mode.OFF or watching.params_hash == config.params_hash):
        end_version(config=watching, at=config.created_at)
    adopt_findings(config=config)
    tell_version(actor=actor, verb=audit.Verb.DETECTOR_CONFIGURED, config=config)
    wake("detectors.sweep")
    wake("detectors.run_scenarios", said.slug)
    return config


def end_version(*, config: DetectorConfig, at: datetime) -> None:
    """It watches no longer; who takes its place at `at` takes over what it knows."""
    config.ended_at = at
    config.save(update_fields=["ended_at"])


def beside_of(slug: str) -> DetectorConfig | None:
    """The version that watches beside the one in force, locked until commit."""
    rows = DetectorConfig.objects.select_for_update(no_key=True)
    return rows.filter(slug=slug, beside__isnull=False, ended_at=None).first()


def new_version(*, actor: User | None, said: Settings, origin: Origin) -> DetectorConfig:
    """Not stored yet. Call under `lock_configs`. Raises as `put_in_force`."""
    checked = checked_settings(said)
    if obstacle := obstacle_to_mode(said.slug, said.mode, checked.model_dump(mode="json")):
        raise ConflictError(obstacle)
    newest = DetectorConfig.objects.filter(slug=said.slug).aggregate(newest=Max("number"))
    return DetectorConfig(
        slug=said.slug,
        number=(newest["newest"] or 0) + 1,
        mode=said.mode,
        params=checked.model_dump(mode="json"),
        params_hash=checked.digest(),
        reason=said.reason,
        created_by=origin.author or actor,
        way=origin.way,
        approved_by=origin.approved_by,
        restores=origin.restores,
        promote_at=origin.promote_at,
    )


def tell_version(
    *, actor: User | None, verb: audit.Verb, config: DetectorConfig, **data: Any
) -> None:
    """Note in the audit how a version came to be."""
    audit.append(
        actor=actor,
        verb=verb,
        target=config,
        target_type="detector",
        target_id=config.slug,
        number=config.number,
        mode=config.mode,
        way=config.get_way_display(),
        restores=config.restores,
        reason=config.reason,
        **data,
    )


def current_of(slug: str) -> DetectorConfig | None:
    """The version in force, locked until commit."""
    rows = DetectorConfig.objects.select_for_update(no_key=True)
    return rows.filter(slug=slug, current=True).first()


def ensure_configs() -> None:
    """Give every detector that has none its defaults, live."""
    if not _unconfigured():
        return
    with transaction.atomic():
        lock_configs()
        for slug in _unconfigured():
            save_config(actor=None, slug=slug, mode=Mode.LIVE, params={}, reason="as shipped")


def checked_settings(said: Settings) -> BaseParams:
    """The parameters of a version. Raises NotFoundError, or InvalidError naming the field."""
    if not registry.exists(said.slug):
        message = f"There is no detector called {said.slug}."
        raise NotFoundError(message)
    if said.mode not in Mode.values:
        message = "Choose off, shadow or live."
        raise InvalidError(message, field="mode")
    return checked_params(said.slug, said.params)


def checked_params(slug: str, params: Mapping[str, Any]) -> BaseParams:
    """Parameters of a detector. Raises InvalidError naming the field."""
    try:
        checked: BaseParams = registry.get(slug).Params.model_validate(dict(params))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "params"
        message = f"{field}: {first['msg'].removeprefix('Value error, ')}"
        raise InvalidError(message, field=field) from error
    named = sources_named(checked)
    if named and (unknown := named.difference(known_slugs_of(named))):
        message = f"{OVERRIDES}: there is no source called {min(unknown)}."
        raise InvalidError(message, field=OVERRIDES)
    return checked


def lock_configs() -> None:
    """Until commit nobody else makes a version: two writers would both make version n + 1."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _unconfigured() -> list[str]:
    known = set(DetectorConfig.objects.filter(current=True).values_list("slug", flat=True))
    return [slug for slug in registry.all_detectors() if slug not in known]
